/**
 * What one attempt of a task showed: all that learners eat. A row is written by the transaction in which
 * its holder says how it ended, for good or to be tried again, and never changed.
 */

import type { HolderId } from "./ids.ts";
import type { TerminalState } from "./task.ts";
import type { Tier } from "./tier.ts";

/** What only who ran it can say of an attempt, beside how it ended and how long it took. */
export interface OutcomeFacts {
  /** What within the kind runs alike: how complex it was said to be, or what it runs (core/learning-key.ts). "": no telling. */
  readonly bucket: string;
  /** Who did it, where several could have; null: there was no choice. */
  readonly expert: string | null;
  /** The limit in force, ms; null: nobody says. With `timed_out`, the run would have taken longer than its `runMs`. */
  readonly timeoutMs: number | null;
  /** What it cost, where known: money and tokens as the caller counts them. */
  readonly cost: number | null;
  readonly tokens: number | null;
}

export interface Outcome extends OutcomeFacts {
  /** Grows with every outcome that is stored, whichever process stored it. */
  readonly seq: number;
  readonly kind: string;
  readonly holder: HolderId | null;
  readonly attempt: number;
  readonly state: TerminalState;
  /** Null where it never reached a worker. */
  readonly tier: Tier | null;
  /** The three clocks, ms; only `runMs` is the task's own. */
  readonly waitMs: number | null;
  readonly startMs: number | null;
  readonly runMs: number | null;
  /** Whether the task gave signs of life while it ran (heartbeat, progress, output). */
  readonly hasBeats: boolean;
  /** Epoch ms. */
  readonly settledAt: number;
}
