/** The real command line in a terminal of its own: what it draws, what it makes of keys, and how it leaves. */

import { resolve } from "node:path";
import { until, within } from "../support/until.ts";

const CLI = resolve(import.meta.dir, "../../flow-balancer/cli.ts");

interface Size {
  readonly cols: number;
  readonly rows: number;
}

export class Pty implements AsyncDisposable {
  readonly #child: Bun.Subprocess;
  readonly #terminal: Bun.Terminal;
  #text = "";

  constructor(
    args: readonly string[],
    { cols, rows }: Size,
    env: Readonly<Record<string, string>> = {},
    program: readonly string[] = [CLI],
  ) {
    const decoder = new TextDecoder();
    // Made with the child: one made before it would not be its own, and Ctrl-C no signal.
    const child = Bun.spawn([process.execPath, ...program, ...args], {
      terminal: {
        cols,
        rows,
        data: (_, bytes) => {
          this.#text += decoder.decode(bytes, { stream: true });
        },
      },
      env: {
        PATH: process.env.PATH,
        TERM: "xterm-256color",
        TZ: "UTC",
        ...env,
      },
    });
    if (child.terminal === undefined) throw new Error("no terminal");
    this.#child = child;
    this.#terminal = child.terminal;
  }

  /** All that it wrote, with its escape sequences. */
  get text(): string {
    return this.#text;
  }

  /** The last frame that was drawn whole, as lines of plain text. */
  get screen(): string[] {
    const end = this.#text.lastIndexOf("\u001B[?2026l");
    const from = this.#text.lastIndexOf("\u001B[H", end);
    if (end < 0 || from < 0) return [];
    return linesOf(this.#text.slice(from, end));
  }

  type(text: string): void {
    this.#terminal.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
    // What a terminal does is the kernel's; what tells of it is a signal.
    this.#child.kill("SIGWINCH");
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Until the last frame holds `text`. */
  shows(text: string): Promise<string[]> {
    return until(`${text} on the screen: ${this.screen.join("|")}`, () =>
      this.screen.join("\n").includes(text) ? this.screen : null,
    );
  }

  /** Its exit code, once all it wrote was read. */
  async ended(): Promise<number> {
    const code = await within("end of the command", this.#child.exited);
    let before = -1;
    await until("end of what it wrote", async () => {
      const isOver = before === this.#text.length;
      before = this.#text.length;
      return isOver;
    });
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#terminal.close();
  }
}

/** As they stand on a terminal: without colours, or the spaces at their ends. */
export const linesOf = (text: string): string[] =>
  Bun.stripANSI(text)
    .split("\r\n")
    .map((line) => line.trimEnd());

/** What a command writes to a terminal of that width, and its exit code. */
export async function inTerminal(
  args: readonly string[],
  cols: number,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly text: string; readonly code: number }> {
  await using pty = new Pty(args, { cols, rows: 50 }, env);
  const code = await pty.ended();
  return { text: pty.text, code };
}
