/** The board as a whole: counts, what is worked on, what is ready, what happened. Only reads. */

import type {
  BoardItem,
  Claimer,
  FlowStatus,
  Obstacle,
} from "../core/board.ts";
import { parseOrNull } from "../core/json.ts";
import { TASK_STATES } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import type { BoardContext } from "./board-context.ts";
import { toItem } from "./board-item.ts";
import {
  askerOf,
  isOffered,
  loadOf,
  obstaclesBeside,
  offeredRows,
  rankReady,
} from "./claimable-work.ts";

const MAX_ACTIVE = 100;
const MAX_READY = 20;
const MAX_BLOCKED = 50;
const MAX_DONE = 10;

type Counts = FlowStatus["counts"];

export function statusOf(
  context: BoardContext,
  by: Claimer,
  since: EpochMs | null,
): FlowStatus {
  const { log, resources } = context;
  const { suggestions, obstacles } = rankReady(context, askerOf(context, by));
  const blocked: readonly Obstacle[] = [
    ...obstacles,
    ...obstaclesBeside(context, by.holder, MAX_BLOCKED),
  ];
  return {
    counts: countsOf(context),
    active: activeItems(context),
    ready: suggestions.slice(0, MAX_READY),
    blocked: blocked.slice(0, MAX_BLOCKED),
    resources: resources.list(),
    load: loadOf(context, by),
    since: since ?? log.seen(by.holder)?.at ?? null,
    events: log.since(by.holder, since),
  };
}

/** What the bridge offers to scripts is ready; `queued` has all that nobody works on. */
function countsOf(context: BoardContext): Counts {
  const { reads } = context;
  const counts = Object.fromEntries(
    TASK_STATES.map((state) => [state, 0]),
  ) as Record<keyof Counts, number>;
  for (const { state, n } of [
    ...reads.countHeld.all(),
    ...reads.countEnded.all(),
  ])
    counts[state] += n;
  const free = reads.countReady.get()?.n ?? 0;
  const paused = reads.countPaused.get()?.n ?? 0;
  counts.blocked = reads.countBlocked.get()?.n ?? 0;
  const offers = offeredRows(context).length;
  counts.ready = free + offers;
  counts.queued += free + offers + paused + counts.blocked;
  counts.running -= offers;
  return counts;
}

function activeItems(context: BoardContext): readonly BoardItem[] {
  const { reads, env } = context;
  return reads.active
    .all({ limit: MAX_ACTIVE })
    .filter((row) => !isOffered(row))
    .map((row) => toItem(reads, row, env.boot(), 0));
}

/** For board.json. */
export function boardContent(context: BoardContext) {
  const { env, log, reads } = context;
  return {
    schema: 1,
    updated_at: env.now(),
    counts: countsOf(context),
    active: reads.active
      .all({ limit: MAX_ACTIVE })
      .filter((row) => !isOffered(row))
      .map((row) => ({
        id: row.id,
        title: row.title,
        weight: row.weight,
        worked_by: row.workedBy ?? row.holder,
        progress:
          row.progressDone === null
            ? null
            : { done: row.progressDone, total: row.progressTotal },
        since: row.startedAt,
      })),
    // In the queue's order: ranking is for who asks, and costs what nobody asked for.
    ready: [
      ...reads.ready.all({ limit: MAX_READY, offset: 0 }),
      ...offeredRows(context),
    ]
      .slice(0, MAX_READY)
      .map(({ id, title, weight }) => ({ id, title, weight })),
    done_recently: log
      .completions(MAX_DONE)
      .map(({ taskId, title, holder, at, detailJson }) => ({
        id: taskId,
        title,
        worked_by: holder,
        at,
        proven: provenCount(detailJson),
      })),
  };
}

function provenCount(json: string | null): number {
  const { proven } = (parseOrNull(json) ?? {}) as { proven?: unknown };
  return typeof proven === "number" ? proven : 0;
}
