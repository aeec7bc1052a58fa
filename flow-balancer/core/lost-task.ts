/** What becomes of a task whose holder lost it: it died, or its lease ran out. */

import { wireError, type WireError } from "./errors.ts";
import type { TerminalState } from "./task.ts";

/** A task under which so many holders died takes no further one. */
const POISONED_AT = 3;

export interface LostTask {
  /** It may have had effects. */
  readonly hasStarted: boolean;
  readonly runsOnce: boolean;
  /** Set: somebody wanted it cancelled, and this is what it was to be told. */
  readonly cancelError: WireError | null;
  /** Nobody else knows of it than a call that is gone. */
  readonly isAbandoned: boolean;
  /** Holders that died under it, this one included. */
  readonly deaths: number;
}

export interface LostEnd {
  readonly state: TerminalState;
  readonly error: WireError;
}

/** Null: back in the queue. `how` says what became of the holder: "died". */
export function endOfLost(task: LostTask, how: string): LostEnd | null {
  if (task.runsOnce && task.hasStarted)
    return {
      state: "unknown_outcome",
      error: wireError(
        "UNKNOWN_OUTCOME",
        `its holder ${how} while it ran, and it must not run twice: nobody knows how far it came`,
        "Look at what it was to do; 'flow-balancer tasks retry' runs it again, if it may.",
      ),
    };
  if (task.cancelError !== null)
    return { state: "cancelled", error: task.cancelError };
  if (task.isAbandoned)
    return {
      state: "cancelled",
      error: wireError(
        "CANCELLED",
        `its holder ${how}, and with it the only call that waited for it`,
        "Submit it again if you still want it.",
      ),
    };
  if (task.hasStarted && task.deaths >= POISONED_AT)
    return {
      state: "poisoned",
      error: wireError(
        "POISONED",
        `${task.deaths} holders died while they ran it`,
        "Mend the task, then 'flow-balancer tasks retry' runs it again.",
      ),
    };
  return null;
}
