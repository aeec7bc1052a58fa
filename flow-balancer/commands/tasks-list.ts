/** Tasks as a table, or as one object. Pure. */

import { count, grouped } from "../core/figures.ts";
import { printable, printableJson } from "../core/printable.ts";
import type { Column } from "../core/table.ts";
import { isTerminal } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import { age, elapsed } from "./elapsed.ts";
import { clockTime } from "./moment.ts";
import { paintedTable } from "./painted-table.ts";
import { standing, taskJson, type TaskView } from "./task-view.ts";
import type { Terminal } from "./terminal.ts";

/** A table is made whole, for its widths: about 250 MB with so many. */
export const MAX_SHOWN = 100_000;

export interface TaskPage {
  /** The newest first. */
  readonly tasks: readonly TaskView[];
  /** There are more than these. */
  readonly more: boolean;
  /** Not all were asked for. */
  readonly isChosen: boolean;
  /** What somebody probably meant with a kind that is not there, to end a sentence with. */
  readonly meant?: string;
}

export function tasksListAnswer(
  { tasks, more, isChosen, meant = "." }: TaskPage,
  now: EpochMs,
  as: Terminal | "json",
): Answer {
  if (as === "json")
    return {
      data: printableJson({ schema: 1, tasks: tasks.map(taskJson), more }),
    };
  if (tasks.length === 0)
    return {
      data: "",
      notes: [
        isChosen ? `No task is like that${meant}` : "There are no tasks yet.",
      ],
    };
  return {
    data: paintedTable(taskColumns(now), tasks, as, (line, task) =>
      painted(line, task, as),
    ),
    notes: more ? [moreNote(tasks.length)] : [],
  };
}

const moreNote = (shown: number): string =>
  shown < MAX_SHOWN
    ? `The newest ${count(shown, "task")}; --limit shows more, up to ${grouped(MAX_SHOWN)}.`
    : `The newest ${count(shown, "task")}: no more are shown at a time.`;

function painted(
  line: string,
  task: TaskView,
  { paint }: Pick<Terminal, "paint">,
): string {
  if (!isTerminal(task.state)) return line;
  return task.state === "completed" || task.state === "cancelled"
    ? paint.dim(line)
    : paint.red(line);
}

export const taskColumns = (now: EpochMs): Column<TaskView>[] => [
  { title: "id", cell: ({ id }) => printable(id), weight: Infinity },
  {
    title: "state",
    cell: (it) => standing(it).replaceAll("_", " "),
    weight: Infinity,
    align: "left",
  },
  { title: "age", cell: (it) => age(it.submittedAt, now), weight: 8 },
  { title: "at", cell: (it) => clockTime(it.submittedAt, now), weight: 1 },
  { title: "took", cell: (it) => took(it, now), weight: 5 },
  {
    title: "try",
    cell: ({ attempt }) => (attempt > 1 ? String(attempt) : ""),
    weight: 2,
  },
  {
    title: "weight",
    cell: ({ weight }) => (weight === null ? "" : String(weight)),
    weight: 3,
  },
  {
    title: "queue",
    cell: ({ queue }) => queue,
    weight: 4,
    align: "left",
  },
  {
    title: "holder",
    cell: ({ holder }) => printable(holder ?? ""),
    weight: 6,
    align: "left",
  },
  {
    title: "what",
    cell: ({ title, kind }) => printable(title ?? kind),
    weight: 9,
    align: "left",
    cut: "end",
  },
];

/** From when it was begun; of one that runs, until now. */
const took = ({ startedAt, settledAt }: TaskView, now: EpochMs): string =>
  startedAt === null
    ? ""
    : elapsed(Math.max(0, (settledAt ?? now) - startedAt));
