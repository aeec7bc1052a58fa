/**
 * What a job prints, on its way to the parent: gathered into few messages and bounded, so that a
 * job that floods its output fills neither the channel nor the parent.
 */

import type { FromWorker } from "./protocol.ts";
import { GATHER_MS, type ReportClock } from "./report-buffer.ts";

/** Sent at once from this size on. */
const FLUSH_CHARS = 16_384;

export class PrintBuffer {
  readonly #job: number;
  readonly #clock: ReportClock;
  readonly #send: (message: FromWorker) => void;
  #room: number;
  #text = "";
  #bytes = 0;
  /** Nothing of it is known to be the job's. */
  #isStray = true;
  #since = 0;
  #stopTimer: (() => void) | null = null;

  /** `maxChars` in all are passed on; from there on only the count of bytes is. */
  constructor(
    job: number,
    maxChars: number,
    clock: ReportClock,
    send: (message: FromWorker) => void,
  ) {
    this.#job = job;
    this.#room = maxChars;
    this.#clock = clock;
    this.#send = send;
  }

  print(text: string, by: "job" | "stray"): void {
    this.#bytes += Buffer.byteLength(text);
    if (by === "job") this.#isStray = false;
    if (this.#room > 0) {
      const part = text.slice(0, this.#room);
      this.#room -= part.length;
      this.#text += part;
    }
    const now = this.#clock.mono();
    if (this.#stopTimer === null) {
      this.#since = now;
      this.#stopTimer = this.#clock.timer(GATHER_MS, () => this.flush());
    }
    // By the clock too: a loop that never waits lets no timer run.
    if (this.#text.length >= FLUSH_CHARS || now - this.#since >= GATHER_MS)
      this.flush();
  }

  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    if (this.#bytes === 0) return;
    this.#send({
      type: "output",
      job: this.#job,
      text: this.#text,
      bytes: this.#bytes,
      stray: this.#isStray,
    });
    this.#text = "";
    this.#bytes = 0;
    this.#isStray = true;
  }
}
