/** What became of one task and why, from its row: for people as aligned lines, for programs as one object. Pure. */

import { decisionView, WAYS } from "../core/explain-decision.ts";
import type { TaskId } from "../core/ids.ts";
import { printable } from "../core/printable.ts";
import { quoted } from "../core/quoted.ts";
import type { EpochMs } from "../core/time.ts";
import {
  isTerminal,
  type Decision,
  type Execution,
  type TaskRecord,
  type TaskState,
} from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import { age } from "./elapsed.ts";
import { comparisonLines, offBy } from "./explain/comparison.ts";
import { wrappedLines } from "./wrapped-lines.ts";
import { type LimitInForce, limitWords } from "./explain/limit.ts";
import { type Waiting, waitsJson, waitWords } from "./explain/waits.ts";

export interface ExplainedTask {
  readonly task: TaskRecord;
  /** The state of each task it comes after; null: there is no such task. */
  readonly parents: ReadonlyMap<TaskId, TaskState | null>;
  /** Null: none was noted, as of a task that never ran. */
  readonly limit: LimitInForce | null;
  /** Of a queued task; null: it is none, or its store is of an older version. */
  readonly waiting: Waiting | null;
  readonly now: EpochMs;
}

export interface Explanation {
  readonly json: object;
  readonly text: string;
}

const TIERS: Readonly<Record<Tier, string>> = {
  hot: "it served the session before",
  warm: "it had the kind's code loaded",
  cold: "it had to load the kind's code",
};

/** `width`: of the terminal, cells. */
export function explainTask(
  explained: ExplainedTask,
  width = Infinity,
): Explanation {
  return { json: jsonOf(explained), text: textOf(explained, width) };
}

function jsonOf({ task, parents, limit, waiting, now }: ExplainedTask): object {
  const { execution, result } = task;
  const decision = execution?.decision ?? null;
  return {
    schema: 1,
    task_id: task.id,
    kind: task.kind,
    state: task.state,
    attempt: task.attempt,
    priority: task.priority,
    session: task.session,
    timeout_ms: task.timeoutMs,
    limit,
    deadline_ms: task.deadlineMs,
    after: [...parents].map(([task_id, state]) => ({ task_id, state })),
    submitted_at: time(task.submittedAt),
    started_at: task.startedAt === null ? null : time(task.startedAt),
    settled_at: task.settledAt === null ? null : time(task.settledAt),
    age_ms: isTerminal(task.state) ? null : now - task.submittedAt,
    waits: waiting === null ? null : waitsJson(waiting),
    execution:
      execution === null
        ? null
        : {
            worker: execution.worker,
            tier: execution.tier,
            wait_ms: execution.waitMs,
            start_ms: execution.startMs,
            run_ms: execution.runMs,
            deaths: execution.deaths ?? 0,
          },
    decision:
      execution === null || decision === null
        ? null
        : { ...decisionView(decision), off_by: offBy(decision, execution) },
    error: result !== null && "error" in result ? result.error : null,
  };
}

type Line = readonly [label: string, text: string];

function textOf(explained: ExplainedTask, terminalWidth: number): string {
  const { task, now } = explained;
  const lines: Line[] = [
    ["task", `${task.id}: ${visible(task.kind)}, ${task.state}`],
    ["asked", asked(task, now)],
    ...(isTerminal(task.state) ? [] : whyItWaits(explained)),
    ...(task.execution === null ? [] : ranOn(task.execution)),
    ...limitOf(explained),
    ...ended(task, now),
  ];
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines
    .flatMap(([label, text]) =>
      wrappedLines(
        `${label.padEnd(width)}${text}`.trimEnd(),
        terminalWidth,
        width,
      ),
    )
    .join("\n");
}

function asked(task: TaskRecord, now: EpochMs): string {
  return [
    moment(task.submittedAt, now),
    task.session === null ? "no session" : `session ${visible(task.session)}`,
    ...(task.priority === 0 ? [] : [`priority ${task.priority}`]),
    ...(task.attempt === 1 ? [] : [`attempt ${task.attempt}`]),
    ...(task.timeoutMs === null ? [] : [`timeout ${task.timeoutMs} ms`]),
    ...(task.deadlineMs === null ? [] : [`deadline ${task.deadlineMs} ms`]),
  ].join(", ");
}

/** One that was asked for is said there. */
const limitOf = ({ limit }: ExplainedTask): Line[] =>
  limit === null || limit.by === "task" ? [] : [["limit", limitWords(limit)]];

/** As far as the row tells: what the pool has in mind is in the memory of its server alone. */
function whyItWaits({ task, parents, waiting, now }: ExplainedTask): Line[] {
  const words = waiting === null ? null : waitWords(waiting);
  const note: Line = [
    "note",
    words?.note ??
      (task.holder === null
        ? "Nobody has it: the next server with room for it takes it."
        : `${quoted(task.holder)} has it; should that die, another server takes it over.`),
  ];
  if (task.state === "running")
    return [
      ["runs", `since ${since(task.startedAt ?? task.submittedAt, now)}`],
      note,
    ];
  const open = [...parents].filter(
    ([, state]) => state === null || !isTerminal(state),
  );
  return [
    ["waits", `since ${since(task.submittedAt, now)}`],
    [
      "for",
      open.length > 0
        ? "the tasks it comes after:"
        : (words?.for ?? "a worker"),
    ],
    ...open.map(([id, state]): Line => ["", `${id}, ${state ?? "not there"}`]),
    note,
  ];
}

function ranOn(execution: Execution): Line[] {
  const { worker, tier, decision = null, deaths = 0 } = execution;
  return [
    ["ran on", `${worker}, ${tier}: ${TIERS[tier]}`],
    ...(decision === null
      ? [
          [
            "why",
            "no choice is recorded: it joined others of its kind, or an older version ran it",
          ] as const,
        ]
      : why(decision)),
    ...comparisonLines(decision, execution),
    ...(deaths === 0
      ? []
      : [["deaths", `${deaths} of its workers died under it`] as const]),
  ];
}

const why = ({ way, instead, insteadMs, priceMs }: Decision): Line[] => [
  ["why", WAYS[way]],
  ...(instead === null || insteadMs === null
    ? []
    : [
        [
          "instead",
          `${WAYS[instead]}: ${Math.round(insteadMs)} ms in all`,
        ] as const,
      ]),
  ...(priceMs === null
    ? [["session", "stays on its worker"] as const]
    : priceMs > 0
      ? [
          [
            "session",
            `leaving its worker was priced at ${Math.round(priceMs)} ms`,
          ] as const,
        ]
      : []),
];

function ended(
  { state, settledAt, execution, result }: TaskRecord,
  now: EpochMs,
): Line[] {
  if (settledAt === null || result === null) return [];
  const never = execution === null ? ", never on a worker" : "";
  const lines: Line[] = [
    ["ended", `${moment(settledAt, now)}, ${state}${never}`],
  ];
  if (!("error" in result)) return lines;
  const { code, message, hint, retry_after_ms } = result.error;
  lines.push(["error", `${code}: ${visible(message)}`]);
  if (hint !== undefined) lines.push(["", visible(hint)]);
  if (retry_after_ms !== undefined)
    lines.push(["", `It was worth another try after ${retry_after_ms} ms.`]);
  return lines;
}

const time = (at: EpochMs): string => new Date(at).toISOString();

const moment = (at: EpochMs, now: EpochMs): string =>
  `${time(at)} (${age(at, now) === "now" ? "just now" : `${age(at, now)} ago`})`;

const since = (at: EpochMs, now: EpochMs): string =>
  `${time(at)}, ${Math.max(0, Math.round((now - at) / 1_000))} s ago`;

/** More is noise on a terminal; `--json` has all of it. */
const SHOWN_CHARS = 500;

/** Text of others on somebody's terminal: nothing in it steers the terminal. */
const visible = (text: string): string => printable(text.slice(0, SHOWN_CHARS));
