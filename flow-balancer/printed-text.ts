/** What a run printed, as far as it is kept. */

import type { TaskOutput } from "./core/task.ts";

export class PrintedText {
  readonly #parts: string[] = [];
  #room: number;
  #bytesSeen = 0;

  /** Of what comes, `maxChars` are kept. */
  constructor(maxChars: number) {
    this.#room = maxChars;
  }

  /** `bytes` counts what it printed, `text` is what of it came. */
  add(text: string, bytes: number): void {
    this.#bytesSeen += bytes;
    const kept = text.slice(0, this.#room);
    this.#room -= kept.length;
    if (kept !== "") this.#parts.push(kept);
  }

  /** Null as long as it printed nothing. */
  output(): TaskOutput | null {
    if (this.#bytesSeen === 0) return null;
    const text = this.#parts.join("");
    return {
      text,
      bytesSeen: this.#bytesSeen,
      truncated: Buffer.byteLength(text) < this.#bytesSeen,
    };
  }
}
