/** How a home is doing, in a few lines or one object. Pure: the figures are the caller's. */

import { count, grouped } from "../core/figures.ts";
import { printable, printableJson } from "../core/printable.ts";
import { TASK_STATES, type TaskState } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import { type Answer, EXIT } from "./answer.ts";
import { elapsed } from "./elapsed.ts";
import { instanceJson, type InstanceView, isRunning } from "./instances.ts";
import { type Fact, labelledLines } from "./labelled-lines.ts";
import { agoAt } from "./moment.ts";
import type { Terminal } from "./terminal.ts";

export interface BoardFigures {
  /** Could be claimed now; counted up to `COUNTED`. */
  readonly ready: number;
  readonly active: number;
  /** Of those that are active, together. */
  readonly activeWeight: number;
  /** Come after tasks that have not ended; counted up to `COUNTED`. */
  readonly blocked: number;
  /** Whatever became of them. */
  readonly items: number;
}

/** An answer within 100 ms has no time for more. */
export const COUNTED = 10_000;

export interface StatusFacts {
  readonly home: string;
  /** False: nothing was ever stored there. */
  readonly isStored: boolean;
  /** Those that run, and those whose end nobody has noted. */
  readonly instances: readonly InstanceView[];
  /** Null: they could not be read. */
  readonly tasks: Readonly<Record<TaskState, number>> | null;
  readonly board: BoardFigures | null;
  /** Leases that should have been taken back by now. */
  readonly overdue: number;
  /** What is wrong with the home or its store, in sentences. */
  readonly trouble: readonly string[];
}

export function statusAnswer(
  facts: StatusFacts,
  now: EpochMs,
  as: Terminal | "json",
): Answer {
  const problems = problemsOf(facts);
  const status = statusOf(facts, problems);
  return {
    data:
      as === "json"
        ? printableJson({ schema: 1, status, ...jsonOf(facts), problems })
        : textOf(facts, status, problems, now, as),
    exitCode: EXIT_CODES[status],
  };
}

type Status = "running" | "not_running" | "degraded";

const EXIT_CODES = {
  running: EXIT.ok,
  not_running: EXIT.notRunning,
  degraded: EXIT.degraded,
} as const;

/** With no server there is nobody who could have cleaned up: that is no fault of its own. */
function statusOf(facts: StatusFacts, problems: readonly string[]): Status {
  if (facts.trouble.length > 0) return "degraded";
  if (!facts.instances.some(isRunning)) return "not_running";
  return problems.length > 0 ? "degraded" : "running";
}

function problemsOf({ trouble, instances, overdue }: StatusFacts): string[] {
  const running = instances.some(isRunning);
  return [
    ...trouble,
    ...instances.flatMap((it) => instanceProblem(it)),
    ...(overdue > 0 && running
      ? [
          `${count(overdue, "lease")} ran out and ${overdue === 1 ? "was" : "were"} not taken back`,
        ]
      : []),
  ];
}

function instanceProblem(it: InstanceView): string[] {
  const who = `the server with pid ${it.pid}`;
  if (it.condition === "gone")
    return [
      `${who} is gone, and ${it.held === 0 ? "nobody has noted it yet" : `its ${count(it.held, "task")} ${it.held === 1 ? "is" : "are"} not back in the queue yet`}`,
    ];
  if (it.condition === "silent")
    return [
      `${who} is there but has said nothing${it.heartbeatAgeMs === null ? "" : ` for ${elapsed(it.heartbeatAgeMs)}`}: stopped or overloaded`,
    ];
  return [];
}

function textOf(
  facts: StatusFacts,
  status: Status,
  problems: readonly string[],
  now: EpochMs,
  { paint, width }: Terminal,
): string {
  const { tasks, board, home, isStored } = facts;
  return labelledLines(
    [
      [
        "status",
        `${paint[COLOURS[status]](WORDS[status])}${serversText(facts)}`,
      ],
      ...sinceFact(facts, now),
      ...(tasks === null ? [] : [["tasks", tasksText(tasks)] as const]),
      ...(board === null ? [] : [["board", boardText(board)] as const]),
      [
        "home",
        `${printable(home)}${isStored ? "" : " (nothing was stored there yet)"}`,
      ],
      ...problems.map((text): Fact => ["wrong", paint.red(printable(text))]),
    ],
    { paint, width },
  );
}

const WORDS = {
  running: "running",
  not_running: "not running",
  degraded: "degraded",
} as const;
const COLOURS = {
  running: "green",
  not_running: "dim",
  degraded: "red",
} as const;

function serversText({ instances }: StatusFacts): string {
  const running = instances.filter(isRunning);
  if (running.length === 0) return "";
  const sum = (of: (it: InstanceView) => number): number =>
    running.reduce((total, it) => total + of(it), 0);
  return `: ${count(running.length, "server")}, workers: ${sum(({ wants }) => wants)} wanted, ${running.map(({ share }) => share).join(" + ")} allowed`;
}

/** Of several servers the first. */
function sinceFact({ instances }: StatusFacts, now: EpochMs): Fact[] {
  const starts = instances
    .filter(isRunning)
    .map(({ startedAt }) => startedAt)
    .toSorted((a, b) => a - b);
  return starts[0] === undefined ? [] : [["since", agoAt(starts[0], now)]];
}

/** What there is none of is left out. */
function tasksText(tasks: Readonly<Record<TaskState, number>>): string {
  const there = TASK_STATES.filter((state) => tasks[state] > 0);
  return there.length === 0
    ? "none"
    : there
        .map(
          (state) => `${grouped(tasks[state])} ${state.replaceAll("_", " ")}`,
        )
        .join(", ");
}

function boardText(board: BoardFigures): string {
  if (board.items === 0) return "empty";
  return [
    `${atMost(board.ready)} ready`,
    `${grouped(board.active)} in work (weight ${board.activeWeight})`,
    `${atMost(board.blocked)} waiting for others`,
    `${grouped(board.items)} in all`,
  ].join(", ");
}

const atMost = (n: number): string =>
  n < COUNTED ? grouped(n) : `${grouped(COUNTED)} or more`;

const jsonOf = ({ home, isStored, instances, tasks, board }: StatusFacts) => ({
  home,
  is_stored: isStored,
  instances: instances.map(instanceJson),
  tasks,
  board:
    board === null
      ? null
      : {
          ready: board.ready,
          active: board.active,
          active_weight: board.activeWeight,
          blocked: board.blocked,
          items: board.items,
        },
});
