/**
 * The whole screen of a terminal, borrowed: what was on it is there again afterwards, whatever ended
 * the program but a kill -9. A frame is one write that starts at the top left and clears what is left
 * of each line, so that nothing flickers.
 */

import { writeSync } from "node:fs";
import { EXIT } from "./answer.ts";

const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const CLEAR_LINE_END = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";
/** Its lines are shown at once, by terminals that know of it; others ignore it. */
const [BEGIN_FRAME, END_FRAME] = ["\u001B[?2026h", "\u001B[?2026l"];

/** What ends the program from outside, and the exit code that says so. */
const ENDS = {
  SIGINT: EXIT.interrupted,
  SIGTERM: 143,
  SIGHUP: 129,
} as const;

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Of a stream that is no terminal, or will not say. */
const DEFAULT_SIZE: ScreenSize = { columns: 80, rows: 24 };

export class Screen implements Disposable {
  readonly #onEnd: (() => void) | undefined;
  #isOurs = false;

  /** `onEnd`: last words, once the screen is given back to whoever had it. */
  constructor(onEnd?: () => void) {
    this.#onEnd = onEnd;
  }

  get size(): ScreenSize {
    const { columns, rows } = process.stdout;
    return {
      columns: columns || DEFAULT_SIZE.columns,
      rows: rows || DEFAULT_SIZE.rows,
    };
  }

  /** `redraw`: the screen has another size now, or is ours again after Ctrl-Z. */
  enter(redraw: () => void): void {
    this.#take();
    process.on("exit", () => this[Symbol.dispose]());
    for (const [signal, code] of Object.entries(ENDS))
      process.on(signal, () => {
        this[Symbol.dispose]();
        process.exit(code);
      });
    process.stdout.on("resize", redraw);
    process.on("SIGTSTP", () => {
      this.#giveBack();
      process.kill(process.pid, "SIGSTOP");
    });
    process.on("SIGCONT", () => {
      this.#take();
      redraw();
    });
  }

  /** `lines` are no wider than the screen; those below its end are left out. */
  draw(lines: readonly string[]): void {
    if (!this.#isOurs) return;
    const shown = lines.slice(0, this.size.rows);
    const text = shown.map((line) => `${line}${CLEAR_LINE_END}`).join("\r\n");
    put(`${BEGIN_FRAME}${HOME}${text}${CLEAR_BELOW}${END_FRAME}`);
  }

  [Symbol.dispose](): void {
    if (!this.#isOurs) return;
    this.#giveBack();
    this.#onEnd?.();
  }

  #take(): void {
    if (this.#isOurs) return;
    this.#isOurs = true;
    put(ENTER);
  }

  #giveBack(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    put(LEAVE);
  }
}

/** At once, also while the process ends. A terminal that is gone has nothing to be restored. */
function put(text: string): void {
  const bytes = Buffer.from(text);
  let from = 0;
  while (from < bytes.length)
    try {
      from += writeSync(process.stdout.fd, bytes, from);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Bun.sleepSync(1);
    }
}
