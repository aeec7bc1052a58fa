/**
 * The lease of a task that was recorded as held, with nothing to wait for: it knows where the row is and
 * what of it does not change, so that a settle need not look for it. To whoever holds it a lease like any
 * other; of a copy nothing is known.
 */

import type { HolderId, TaskId } from "../core/ids.ts";
import type { Lease } from "../core/queue.ts";

export interface PlainFacts {
  readonly seq: number;
  readonly kind: string;
  readonly timeoutMs: number | null;
  readonly attempt: number;
  readonly holder: HolderId | null;
}

export class PlainLease implements Lease {
  readonly id: TaskId;
  readonly attempt: number;
  readonly fence: number;
  readonly #facts: PlainFacts;

  constructor(id: TaskId, attempt: number, fence: number, facts: PlainFacts) {
    this.id = id;
    this.attempt = attempt;
    this.fence = fence;
    this.#facts = facts;
  }

  /** Null of any other lease. */
  static factsOf(lease: Lease): PlainFacts | null {
    return #facts in lease ? lease.#facts : null;
  }
}
