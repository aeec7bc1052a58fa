/**
 * A file that anybody may read, without a lock, and that always says the latest: rewritten whole and put
 * in place by a rename, shortly after a change and at most once in a while. Several processes may write
 * the same one: each looks, after it wrote, whether something was changed meanwhile, and writes again if
 * so; thus whoever is the last to write has written the last state.
 */

import {
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";

const NAME = "board.json";
/** Told from others that have nothing to do with it, and hidden from whoever lists a folder. */
const TEMPORARY = ".board.json.";
const PAUSE_MS = 200;
/** Of a flush, while others go on changing the board: they write it too. */
const MAX_TRIES = 10;
/** A temporary file this old was left by a process that died. */
const LEFT_MS = 60_000;

interface BoardFileParts {
  readonly env: Env;
  readonly home: string;
  readonly content: () => unknown;
  /** Grows with each change of what `content` says. */
  readonly changes: () => number;
}

export class BoardFile {
  readonly #parts: BoardFileParts;
  readonly #temporary: string;
  #cancel: (() => void) | null = null;
  #writtenMono = -Infinity;
  #isSwept = false;

  constructor(parts: BoardFileParts) {
    this.#parts = parts;
    this.#temporary = join(parts.home, TEMPORARY + parts.env.unique());
  }

  /** To be written soon. What goes wrong then is left to the next time: the file serves who looks on, not the board. */
  touch(): void {
    if (this.#cancel !== null) return;
    const { env } = this.#parts;
    const since = env.mono() - this.#writtenMono;
    this.#cancel = env.timer(Math.max(0, PAUSE_MS - since), () => {
      this.#cancel = null;
      try {
        this.#write();
      } catch {
        this.#writtenMono = env.mono();
      }
    });
  }

  /** Now, if a change is yet to be written. Throws STORAGE_FAILED. */
  flush(): void {
    try {
      for (let tries = 0; this.#cancel !== null && tries < MAX_TRIES; tries++) {
        this.#cancel();
        this.#cancel = null;
        this.#write();
      }
    } catch (thrown) {
      throw new BalancerError(
        "STORAGE_FAILED",
        `${NAME} could not be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        { hint: "The board itself is not affected.", cause: thrown },
      );
    }
  }

  #write(): void {
    const { env, home, content, changes } = this.#parts;
    this.#sweep();
    const before = changes();
    const text = `${JSON.stringify(content())}\n`;
    try {
      writeFileSync(this.#temporary, text, { mode: 0o600 });
      renameSync(this.#temporary, join(home, NAME));
    } catch (thrown) {
      rmSync(this.#temporary, { force: true });
      throw thrown;
    }
    this.#writtenMono = env.mono();
    if (changes() !== before) this.touch();
  }

  #sweep(): void {
    if (this.#isSwept) return;
    this.#isSwept = true;
    const { home, env } = this.#parts;
    for (const name of readdirSync(home)) {
      if (!name.startsWith(TEMPORARY)) continue;
      const path = join(home, name);
      const age =
        env.now() -
        (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? env.now());
      if (age > LEFT_MS) rmSync(path, { force: true });
    }
  }
}
