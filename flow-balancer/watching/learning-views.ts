/** What was learned over time, where a policy changed, and how good its predictions are. */

import type { Database } from "bun:sqlite";
import type { LearningView } from "../../monitoring/api/shared-views.ts";
import { duration } from "../core/figures.ts";
import type { ErrorSummary } from "../core/pool-status.ts";
import type { TaskState } from "../core/task.ts";
import { decisionChanges } from "./decision-changes.ts";
import { turn } from "./turn.ts";
import type { Watched } from "./watch-parts.ts";

type Change = LearningView["changes"][number];

interface Run {
  readonly at: number;
  readonly runMs: number | null;
  readonly timeoutMs: number | null;
  readonly state: TaskState;
  readonly bucket: string;
  /** Its task named a limit of its own: nothing that was learned. */
  readonly ownMs: number | null;
}

/** Of each kind the newest. */
const POINTS = 300;
/** Those that ended last. */
const MOST_KINDS = 12;
/** Among so many outcomes the kinds are looked for. */
const NEWEST = 2_000;
const MOST_CHANGES = 200;
/** Smaller steps are no change worth a mark. */
const MOVED_BY = 1.2;

export async function learningOf(watched: Watched): Promise<LearningView> {
  const { raw } = watched.store;
  const over: LearningView["over_time"] = [];
  const changes: Change[] = [...decisionChanges(raw)];
  for (const kind of lastKinds(raw)) {
    const runs = runsOf(raw, kind);
    over.push({ kind, points: runs.map(pointOf) });
    changes.push(...limitChanges(kind, runs));
    await turn();
  }
  changes.push(...(await personChanges(watched)));
  return {
    over_time: over,
    changes: changes.sort((a, b) => b.at - a.at).slice(0, MOST_CHANGES),
    ...ofPool(watched),
  };
}

const lastKinds = (raw: Database): string[] =>
  raw
    .query<{ kind: string }, []>(
      `SELECT kind FROM (SELECT kind, seq FROM outcomes ORDER BY seq DESC LIMIT ${NEWEST})
       GROUP BY kind ORDER BY max(seq) DESC LIMIT ${MOST_KINDS}`,
    )
    .all()
    .map(({ kind }) => kind);

/** The oldest first. */
const runsOf = (raw: Database, kind: string): Run[] =>
  raw
    .query<Run, [string]>(
      `SELECT o.settled_at AS at, o.run_ms AS runMs, o.timeout_ms AS timeoutMs, o.state, o.bucket, t.timeout_ms AS ownMs
       FROM (SELECT * FROM outcomes WHERE kind = ? ORDER BY seq DESC LIMIT ${POINTS}) o
       LEFT JOIN tasks t ON t.seq = o.task_seq ORDER BY o.seq`,
    )
    .all(kind);

const pointOf = ({ at, runMs, timeoutMs, state }: Run) => ({
  at,
  run_ms: runMs,
  limit_ms: timeoutMs,
  state,
});

/** Where the limit in force moved by a fifth or more since the last such moment, for what runs alike. */
export function limitChanges(
  kind: string,
  runs: readonly Omit<Run, "runMs" | "state">[],
): Change[] {
  const last = new Map<string, number>();
  return runs.flatMap(({ at, bucket, timeoutMs, ownMs }) => {
    if (timeoutMs === null || timeoutMs <= 0 || ownMs !== null) return [];
    const before = last.get(bucket);
    const ratio = before === undefined ? 1 : timeoutMs / before;
    if (before !== undefined && ratio < MOVED_BY && ratio > 1 / MOVED_BY)
      return [];
    last.set(bucket, timeoutMs);
    if (before === undefined) return [];
    const what = bucket === "" ? kind : `${kind} (${bucket})`;
    const way = ratio > 1 ? "up" : "down";
    return [
      {
        at,
        what: "deadlines",
        summary: `the limit of ${what} went ${way} from ${duration(before)} to ${duration(timeoutMs)}`,
      },
    ];
  });
}

async function personChanges({ ports }: Watched): Promise<Change[]> {
  const { entries } = await ports.audit();
  return entries.map(({ at, action, by, target, detail }) => ({
    at,
    what: "person",
    summary: `${by}: ${action} ${target}${detail === null ? "" : `, ${detail}`}`,
  }));
}

function ofPool({
  pool,
}: Watched): Pick<LearningView, "predictions" | "keep_warm"> {
  const { predictions, keepWarm } = pool.status();
  return {
    predictions: [
      predictionView("wait", predictions.waitMs),
      predictionView("start", predictions.startMs),
      predictionView("run", predictions.runMs),
    ],
    keep_warm: keepWarm.map(({ kind, keepMs, basis, gaps }) => ({
      kind,
      keep_ms: keepMs,
      basis,
      gaps: Math.round(gaps),
    })),
  };
}

const predictionView = (
  clock: "wait" | "start" | "run",
  { n, medianLogRatio, withinTwice }: ErrorSummary,
) => ({
  clock,
  n,
  median_log_ratio: finite(medianLogRatio),
  share_within_2x: finite(withinTwice),
});

const finite = (value: number): number | null =>
  Number.isFinite(value) ? value : null;
