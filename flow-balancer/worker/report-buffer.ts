/**
 * What a job says of itself, on its way to the parent: log messages, progress, signs of life. The
 * first of each goes at once; those that follow are gathered, so that a job that reports without
 * end costs the server no more than one that reports now and then.
 */

import type { Env } from "../core/ports.ts";
import type { FromWorker } from "./protocol.ts";

export type ReportClock = Pick<Env, "mono" | "timer">;

/** A person following along sees no difference. */
export const GATHER_MS = 50;
/** Of a job that says it lives as often as it can, so many are enough. */
export const SIGN_MS = 250;
/** Of those gathered in that time, so many log messages go as they are. The rest become one. */
export const MAX_MESSAGES = 20;
/** Of one message; what is longer is cut. */
export const MAX_MESSAGE_CHARS = 4_096;

type Progress = Extract<FromWorker, { type: "progress" }>;

export class ReportBuffer {
  readonly #job: number;
  readonly #send: (message: FromWorker) => void;
  readonly #logWindow: Window;
  readonly #progressWindow: Window;
  readonly #heartbeatWindow: Window;
  #messages: string[] = [];
  #joined: string[] = [];
  #joinedChars = 0;
  #leftOut = 0;
  #progress: Progress | null = null;

  constructor(
    job: number,
    clock: ReportClock,
    send: (message: FromWorker) => void,
  ) {
    this.#job = job;
    this.#send = send;
    this.#logWindow = new Window(clock, GATHER_MS, () => this.#sendLogs());
    this.#progressWindow = new Window(clock, GATHER_MS, () =>
      this.#sendProgress(),
    );
    this.#heartbeatWindow = new Window(clock, SIGN_MS, () => {});
  }

  log(text: string): void {
    const message = text.slice(0, MAX_MESSAGE_CHARS);
    if (!this.#logWindow.isOpen()) this.#sendLog(message);
    else {
      this.#keep(message);
      this.#logWindow.sendLater();
    }
  }

  progress(done: number, total: number | null, text: string | null): void {
    this.#progress = {
      type: "progress",
      job: this.#job,
      done,
      total,
      message: text?.slice(0, MAX_MESSAGE_CHARS) ?? null,
    };
    if (this.#progressWindow.isOpen()) this.#progressWindow.sendLater();
    else this.#sendProgress();
  }

  /** One too many says nothing, not even later. */
  heartbeat(): void {
    if (!this.#heartbeatWindow.isOpen())
      this.#send({ type: "heartbeat", job: this.#job });
  }

  flush(): void {
    this.#logWindow.flush();
    this.#progressWindow.flush();
  }

  #keep(message: string): void {
    const chars = this.#joinedChars + message.length + 1;
    if (this.#messages.length < MAX_MESSAGES) this.#messages.push(message);
    // Once one was left out so is the rest: what is told has no gaps.
    else if (this.#leftOut > 0 || chars > MAX_MESSAGE_CHARS + 1)
      this.#leftOut++;
    else {
      this.#joined.push(message);
      this.#joinedChars = chars;
    }
  }

  #sendLogs(): void {
    for (const message of this.#messages) this.#sendLog(message);
    if (this.#leftOut > 0)
      this.#joined.push(`[... ${this.#leftOut} messages left out ...]`);
    if (this.#joined.length > 0) this.#sendLog(this.#joined.join("\n"));
    this.#messages = [];
    this.#joined = [];
    this.#joinedChars = 0;
    this.#leftOut = 0;
  }

  #sendLog(message: string): void {
    this.#send({ type: "log", job: this.#job, message });
  }

  #sendProgress(): void {
    if (this.#progress !== null) this.#send(this.#progress);
    this.#progress = null;
  }
}

/** The time after something was sent in which the next waits. */
class Window {
  readonly #clock: ReportClock;
  readonly #ms: number;
  readonly #send: () => void;
  #openedAt = -Infinity;
  #stopTimer: (() => void) | null = null;

  /** `send`: all that waits. */
  constructor(clock: ReportClock, ms: number, send: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#send = send;
  }

  /** False: what is to be said goes now. By the clock, since a loop that never waits lets no timer run. */
  isOpen(): boolean {
    const now = this.#clock.mono();
    if (now - this.#openedAt < this.#ms) return true;
    this.flush();
    this.#openedAt = now;
    return false;
  }

  /** At the end of the window. */
  sendLater(): void {
    const left = this.#openedAt + this.#ms - this.#clock.mono();
    this.#stopTimer ??= this.#clock.timer(Math.max(0, left), () =>
      this.flush(),
    );
  }

  flush(): void {
    if (this.#stopTimer === null) return;
    this.#stopTimer();
    this.#stopTimer = null;
    this.#openedAt = this.#clock.mono();
    this.#send();
  }
}
