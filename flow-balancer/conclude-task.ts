/**
 * From what the pool made of a task to the end of its stay in this process: settled, tried again, or left
 * to others. It runs for every task, so it makes no promises of its own.
 */

import type { EventSink } from "./core/events.ts";
import type { Settled } from "./core/queue.ts";
import type { TaskRecord } from "./core/task.ts";
import type { LiveTask } from "./live-task.ts";
import type { PoolOutcome } from "./pool/pool-task.ts";
import { settleTask } from "./settle-task.ts";
import { isLeftToOthers, withState } from "./what-next.ts";

type Storing = Parameters<typeof settleTask>[3];

export interface Ways extends Storing {
  /** Hears of how each attempt ended; left out: nobody does. */
  readonly events?: EventSink | undefined;
  /** On disk: whoever waits may hear of it. */
  settled(live: LiveTask, record: TaskRecord, settled: Settled): void;
  /** It is queued again, or another has it. `isClosing`: as it was when the pool was done with it. */
  left(live: LiveTask, isClosing: boolean): void;
  /** Last of all, whatever came of it. */
  over(live: LiveTask): void;
}

export function concludeTask(
  live: LiveTask,
  fromPool: PoolOutcome,
  ways: Ways,
): void {
  const outcome = withState(live, fromPool);
  const isClosing = ways.isClosing();
  const leave = (): void => ways.left(live, isClosing);
  const end = (conclude: () => void): void => finish(live, ways, conclude);
  const fail = (thrown: unknown): void => end(() => live.reject(thrown));
  if (!live.isLost && isLeftToOthers(live, outcome, isClosing))
    ways.queue.release(live.lease).then(() => end(leave), fail);
  // It was stopped because it is another's: there is no result to speak of.
  else if (live.isLost && outcome.result.status === "cancelled") end(leave);
  else {
    const record = live.ended(outcome, ways.env.now());
    settleTask(live, outcome, record, ways).then((settled) => {
      const isEnd = settled.accepted && settled.again !== true;
      end(isEnd ? () => ways.settled(live, record, settled) : leave);
      if (ways.events !== undefined)
        tell(live, record, outcome, settled, ways.events);
    }, fail);
  }
}

/** `record`: as it was when this attempt had ended; by now the task may have begun another. */
function tell(
  { limitMs, limitBasis }: LiveTask,
  { id, kind, attempt }: TaskRecord,
  { result, execution }: PoolOutcome,
  settled: Settled & { readonly again?: boolean },
  events: EventSink,
): void {
  if (settled.accepted)
    events({
      type: "task.settled",
      id,
      kind,
      state: result.status,
      attempt,
      again: settled.again === true,
      execution,
      limitMs,
      limitBasis,
      code: "error" in result ? result.error.code : null,
    });
  else events({ type: "fence.rejected" });
}

function finish(live: LiveTask, ways: Ways, conclude: () => void): void {
  try {
    conclude();
  } catch (thrown) {
    live.reject(thrown);
  } finally {
    ways.over(live);
  }
}
