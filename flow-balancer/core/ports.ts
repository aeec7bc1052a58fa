/** What the mechanism needs from outside: time and chance. The queue and sessions have files of their own. */

import type { BootMs, EpochMs, MonoMs } from "./time.ts";

/** The only way to time and chance. Core and policy take values; the mechanism takes this. */
export interface Env {
  now(): EpochMs;
  mono(): MonoMs;
  /** The same for all processes of the machine; good to about 10 ms. */
  boot(): BootMs;
  /** Names this run of the machine: ms of `boot` under another name mean nothing. */
  readonly bootId: string;
  /** Calls `fn` once after `ms`; the returned function cancels it. Does not keep the process alive. */
  timer(ms: number, fn: () => void): () => void;
  /** A fresh unguessable string, sortable by time. */
  unique(): string;
}
