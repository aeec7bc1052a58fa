/** `flow-balancer tasks heartbeat`, `release`, `done` and `fail`: what the holder of a task says of it. */

import { resolve } from "node:path";
import { type Answer, EXIT } from "../commands/answer.ts";
import { parseElapsed } from "../commands/elapsed.ts";
import {
  type EvidenceOptions,
  evidenceOf,
} from "../commands/evidence-options.ts";
import {
  commaList,
  onlyOne,
  parseProgress,
} from "../commands/option-values.ts";
import type { Completion, CompletionReport, Update } from "../core/board.ts";
import { count } from "../core/figures.ts";
import type { TaskId } from "../core/ids.ts";
import { printableJson } from "../core/printable.ts";
import { checkView, endView, updateView } from "../mcp/board-view.ts";
import { holderName } from "./holder-name.ts";
import { inOwnWords } from "./in-own-words.ts";
import { withBoard } from "./open-board.ts";
import type { Where } from "./read-store.ts";

export interface ReleaseOptions {
  readonly as?: string;
  readonly note?: string;
  readonly json?: true;
}

export interface HeartbeatOptions extends ReleaseOptions {
  readonly lease?: string;
  readonly progress?: string;
  readonly take?: string;
  readonly free?: string;
}

const NOTHING: Update = {
  progress: null,
  note: null,
  claimResources: [],
  releaseResources: [],
  release: false,
  leaseMs: null,
};

/** `held` on stdout and 0, or `cancel` and 1: stop, somebody wants it cancelled. A resource that another has: 1 too. */
export async function tasksHeartbeat(
  id: string,
  options: HeartbeatOptions,
  where: Where,
): Promise<Answer> {
  const { lease, progress, note, take, free } = options;
  return updated(id, options, where, {
    ...NOTHING,
    progress: progress === undefined ? null : parseProgress(progress),
    note: note ?? null,
    claimResources: resources(take, where),
    releaseResources: resources(free, where),
    leaseMs: lease === undefined ? null : parseElapsed(lease, "--lease"),
  });
}

const FILE = "file:";

/** Paths are of where the command line is, as those of evidence are. */
const resources = (names: string | undefined, { around }: Where): string[] =>
  commaList(names ?? "").map((name) =>
    name.startsWith(FILE)
      ? FILE + resolve(around.cwd, name.slice(FILE.length))
      : name,
  );

export const tasksRelease = (
  id: string,
  options: ReleaseOptions,
  where: Where,
): Promise<Answer> =>
  updated(id, options, where, {
    ...NOTHING,
    note: options.note ?? null,
    release: true,
  });

async function updated(
  id: string,
  { as, json }: ReleaseOptions,
  where: Where,
  update: Update,
): Promise<Answer> {
  const by = holderName(as, where.around.env);
  const report = await withBoard(where, { create: false }, ({ board }) =>
    inOwnWords(id as TaskId, by, () => board.update(id as TaskId, by, update)),
  );
  const { hold, refused } = report;
  const exitCode =
    hold === "cancel" || refused.length > 0 ? EXIT.failed : EXIT.ok;
  if (json === true)
    return {
      data: printableJson({ schema: 1, ...updateView(report) }),
      exitCode,
    };
  return {
    data: hold,
    notes: [
      ...(hold === "cancel"
        ? [`Somebody wants ${id} cancelled: stop, and say 'tasks fail'.`]
        : []),
      ...refused.map(({ name, holder }) => `${name}: ${holder} has it.`),
    ],
    exitCode,
  };
}

export interface DoneOptions extends ReleaseOptions, EvidenceOptions {
  readonly summary?: string;
}

/** Evidence is looked at here, in this process, before the end is recorded. `argv`: the words after `--`. */
export const tasksDone = (
  operands: readonly string[],
  argv: readonly string[],
  options: DoneOptions,
  where: Where,
): Promise<Answer> =>
  completed(onlyOne(operands, "id"), options, where, {
    outcome: "completed",
    summary: options.summary ?? null,
    evidence: evidenceOf(options, argv, where.around.cwd),
    note: options.note ?? null,
  });

export interface FailOptions extends ReleaseOptions {
  readonly reason?: string;
}

export const tasksFail = (
  id: string,
  options: FailOptions,
  where: Where,
): Promise<Answer> =>
  completed(id, options, where, {
    outcome: "failed",
    summary: options.reason ?? null,
    evidence: [],
    note: options.note ?? null,
  });

async function completed(
  id: string,
  { as, json }: ReleaseOptions,
  where: Where,
  completion: Completion,
): Promise<Answer> {
  const by = holderName(as, where.around.env);
  const report = await withBoard(where, { create: false }, ({ board }) =>
    inOwnWords(id as TaskId, by, () =>
      board.complete(id as TaskId, by, completion),
    ),
  );
  return json === true
    ? { data: printableJson(reportJson(report)) }
    : { data: report.item.state, notes: reportNotes(report) };
}

const reportJson = ({ item, checks, released }: CompletionReport) => ({
  schema: 1,
  task: endView(item),
  checks: checks.map(checkView),
  released,
});

const reportNotes = ({ checks, released }: CompletionReport): string[] => [
  ...checks.map(({ seen }) => `proven: ${seen}`),
  ...(released.length === 0
    ? []
    : [
        `${count(released.length, "task")} can be claimed now: ${released.join(", ")}`,
      ]),
];
