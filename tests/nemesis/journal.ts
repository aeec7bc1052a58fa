/** What the client was told is stored: one line an acknowledgement, on disk before the next is asked for. It knows nothing of the store. */

import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";

export class Journal {
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "ax");
  }

  acknowledged(id: string): void {
    writeSync(this.#file, `${id}\n`);
    fsyncSync(this.#file);
  }

  read(): string[] {
    return readFileSync(this.#path, "utf8").split("\n").filter(Boolean);
  }

  close(): void {
    closeSync(this.#file);
  }
}
