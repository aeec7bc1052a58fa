/** What a dispatcher is made of, and whom it tells. */

import type { BalancerError } from "./core/errors.ts";
import type { EventSink } from "./core/events.ts";
import type { HolderId, TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { Hedging } from "./hedging.ts";
import type { LimitFor } from "./pool-request.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { RetryBudgets } from "./retry-budgets.ts";
import type { StateKeeping } from "./state-keeping.ts";

export interface DispatcherOptions {
  readonly env: Env;
  readonly queue: TaskQueue;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  /** Under which this process holds its tasks. */
  readonly holder: HolderId;
  /** Tasks of this process that have not ended; one more is refused. */
  readonly maxOpen: number;
  readonly maxInputBytes: number;
  readonly maxOutputChars: number;
  /** After changes of state, those of one turn together; never in the way of a task itself. */
  readonly onChanged: (ids: readonly TaskId[]) => void;
  /** Hears of every task that is taken, refused or ends; left out: nobody does. */
  readonly events?: EventSink | undefined;
  /** False while nobody wants to hear of changes. */
  readonly isWatched: () => boolean;
  readonly states: StateKeeping;
  /** How long a run may take that nobody named a limit for; left out: as long as its kind says. */
  readonly limitFor?: LimitFor;
  /** Second runs of those that take long; left out: there are none. */
  readonly hedging?: Pick<Hedging, "run">;
  /** How much of what fails is tried again soon; left out: all of it. */
  readonly retries?: Pick<RetryBudgets, "ran" | "holdMs">;
  /** Why the store takes nothing new; null: it does. */
  readonly refusal: () => BalancerError | null;
  /** Tasks may be there to be claimed. */
  readonly onReleased: () => void;
  /** It holds one task less. */
  readonly onRoom: () => void;
}
