/** The rows and columns of each view of `top`. Pure. */

import { duration } from "../../core/figures.ts";
import { printable } from "../../core/printable.ts";
import type { Column } from "../../core/table.ts";
import type { EpochMs } from "../../core/time.ts";
import { elapsed } from "../elapsed.ts";
import { instanceColumns, type InstanceView, isRunning } from "../instances.ts";
import { standing, type TaskView } from "../task-view.ts";
import { taskColumns } from "../tasks-list.ts";
import { clockOrNone } from "../moment.ts";
import type { HeldTask, KindTerms, TopFacts } from "./top-facts.ts";
import type { View } from "./top-state.ts";

/** How a row is to be looked at: it is as it should be, on its way to its limit, or wrong. */
export type Mood = "plain" | "late" | "wrong" | "over";

export interface Table<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  mood(row: Row): Mood;
  /** Where there is nothing to show. */
  readonly nothing: string;
  /** What whoever looks may take for granted and should not. */
  readonly note: string | null;
}

/** One after the other, whatever its rows are. */
export type Shown<Result> = <Row>(table: Table<Row>) => Result;

export function showView<Result>(
  view: View,
  facts: TopFacts,
  show: Shown<Result>,
): Result {
  switch (view) {
    case "workers":
      return show(workersTable(facts));
    case "tasks":
      return show({
        // What it is says more than its id, where there is room for one of them.
        columns: taskColumns(facts.now).map((column) =>
          column.title === "id" ? { ...column, weight: 7.5 } : column,
        ),
        rows: facts.newest,
        mood: taskMood,
        nothing: "There are no tasks yet.",
        note: null,
      });
    case "board":
      return show({
        columns: boardColumns(facts.now),
        rows: facts.board,
        mood: ({ leaseLeftMs }) =>
          leaseLeftMs !== null && leaseLeftMs < 0 ? "wrong" : "plain",
        nothing: "Nothing on the board is open.",
        note: null,
      });
    case "instances":
      return show({
        columns: instanceColumns(facts.now),
        rows: facts.instances,
        mood: (it) => (isRunning(it) ? "plain" : "wrong"),
        nothing: "No server runs here.",
        note: null,
      });
  }
}

const taskMood = ({ state }: TaskView): Mood =>
  state === "completed" || state === "cancelled"
    ? "over"
    : state === "queued" || state === "running"
      ? "plain"
      : "wrong";

/** A server with one of the tasks it has; null: it has none. */
interface Work {
  readonly instance: InstanceView | null;
  readonly holder: string;
  readonly task: HeldTask | null;
  readonly terms: KindTerms;
  /** It is the first of its server. */
  readonly isFirst: boolean;
}

const UNKNOWN: KindTerms = { p95Ms: null, limitMs: null };

function workersTable(facts: TopFacts): Table<Work> {
  const { now } = facts;
  return {
    columns: workColumns(now),
    rows: workOf(facts),
    mood: ({ task, terms }) => {
      const { ms, limitMs } = runOf(task, terms, now);
      if (ms === null) return "plain";
      if (limitMs !== null && ms > limitMs) return "wrong";
      return terms.p95Ms !== null && ms > terms.p95Ms ? "late" : "plain";
    },
    nothing: "No server runs here.",
    note: "A server's worker processes are known to itself alone: they are seen here by the tasks they run. A limit is what such a task would get if it began now.",
  };
}

function workOf({ instances, held, terms }: TopFacts): Work[] {
  const byHolder = Map.groupBy(held, ({ holder }) => holder ?? "");
  const holders = [
    ...new Set([...instances.map(({ id }) => id), ...byHolder.keys()]),
  ];
  return holders.flatMap((holder): Work[] => {
    const instance = instances.find(({ id }) => id === holder) ?? null;
    const tasks = byHolder.get(holder) ?? [];
    if (tasks.length === 0)
      return [{ instance, holder, task: null, terms: UNKNOWN, isFirst: true }];
    return tasks.map((task, index) => ({
      instance,
      holder,
      task,
      terms: terms.get(task.kind) ?? UNKNOWN,
      isFirst: index === 0,
    }));
  });
}

/** How long it runs, and may; a task's own limit wins. */
const runOf = (task: HeldTask | null, terms: KindTerms, now: EpochMs) => ({
  ms:
    task === null || task.state !== "running" || task.startedAt === null
      ? null
      : Math.max(0, now - task.startedAt),
  limitMs: task?.timeoutMs ?? terms.limitMs,
});

const workColumns = (now: EpochMs): Column<Work>[] => [
  {
    title: "server",
    cell: ({ instance, holder, isFirst }) =>
      isFirst ? serverName(instance, holder) : "",
    weight: Infinity,
  },
  {
    title: "runs",
    cell: ({ task }) =>
      task === null
        ? "nothing"
        : `${printable(task.kind)}${task.state === "running" ? "" : " (claimed)"}`,
    weight: 10,
    align: "left",
    cut: "end",
  },
  {
    title: "for",
    cell: (it) => ms(runOf(it.task, it.terms, now).ms, elapsed),
    weight: 9,
  },
  {
    title: "since",
    cell: ({ task }) => clockOrNone(task?.startedAt ?? null, now),
    weight: 4,
  },
  {
    title: "p95",
    cell: ({ terms }) => ms(terms.p95Ms, duration),
    weight: 6,
  },
  {
    title: "limit",
    cell: (it) =>
      ms(
        it.task === null ? null : runOf(it.task, it.terms, now).limitMs,
        elapsed,
      ),
    weight: 7,
  },
  {
    title: "of limit",
    cell: (it) => bar(runOf(it.task, it.terms, now)),
    weight: 8,
    align: "left",
  },
  {
    title: "task",
    cell: ({ task }) => printable(task?.id ?? ""),
    weight: 2,
    align: "left",
  },
];

const serverName = (instance: InstanceView | null, holder: string): string =>
  instance === null
    ? printable(holder)
    : `${instance.pid} ${printable(instance.transport)} ${instance.held}/${instance.share}`;

const ms = (value: number | null, inWords: (ms: number) => string): string =>
  value === null ? "" : inWords(value);

const BAR_CELLS = 8;

function bar({
  ms: ran,
  limitMs,
}: {
  readonly ms: number | null;
  readonly limitMs: number | null;
}): string {
  if (ran === null || limitMs === null || limitMs <= 0) return "";
  const full = Math.min(BAR_CELLS, Math.round((ran / limitMs) * BAR_CELLS));
  return "█".repeat(full) + "░".repeat(BAR_CELLS - full);
}

const boardColumns = (now: EpochMs): Column<TaskView>[] => [
  { title: "id", cell: ({ id }) => printable(id), weight: 3 },
  { title: "state", cell: standing, weight: Infinity, align: "left" },
  {
    title: "holder",
    cell: ({ holder }) => printable(holder ?? ""),
    weight: 8,
    align: "left",
  },
  {
    title: "lease left",
    cell: ({ leaseLeftMs }) =>
      leaseLeftMs === null
        ? ""
        : leaseLeftMs < 0
          ? "ran out"
          : elapsed(leaseLeftMs),
    weight: 7,
  },
  {
    title: "since",
    cell: ({ startedAt }) => clockOrNone(startedAt, now),
    weight: 2,
  },
  {
    title: "weight",
    cell: ({ weight }) => (weight === null ? "" : String(weight)),
    weight: 5,
  },
  {
    title: "what",
    cell: ({ title, kind }) => printable(title ?? kind),
    weight: 9,
    align: "left",
    cut: "end",
  },
];
