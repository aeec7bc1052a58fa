/** One task in lines for people. Pure. */

import type { Evidence } from "../core/board.ts";
import type { WireError } from "../core/errors.ts";
import { printable, printableJson, printableLines } from "../core/printable.ts";
import { isTerminal } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import { age, elapsed } from "./elapsed.ts";
import { type Fact, labelledLines } from "./labelled-lines.ts";
import {
  type BoardPart,
  detailsJson,
  type Linked,
  type PastAttempt,
  type TaskDetails,
} from "./task-details.ts";
import { standing } from "./task-view.ts";
import type { Terminal } from "./terminal.ts";

/** More is noise on a terminal; `--json` has all of it. */
const SHOWN_CHARS = 500;

export const tasksShowAnswer = (
  details: TaskDetails,
  now: EpochMs,
  as: Terminal | "json",
): Answer => ({
  data:
    as === "json"
      ? printableJson(detailsJson(details))
      : labelledLines(factsOf(details, now), as),
});

function factsOf(it: TaskDetails, now: EpochMs): Fact[] {
  const { view, board } = it;
  return [
    ["task", printable(view.id)],
    ["what", shown(view.title ?? view.kind)],
    ...optional("details", board?.details ?? null),
    ["state", stateText(it)],
    ["asked", `${moment(view.submittedAt, now)}${askedText(it)}`],
    ...linkFacts("after", it.after),
    ...linkFacts("before", it.dependants),
    ...holderFacts(it, now),
    ...timeFacts(it, now),
    ...it.attempts.map((past): Fact => [
      `try ${past.attempt}`,
      attemptText(past, now),
    ]),
    ...(board === null ? [] : boardFacts(board, now)),
    ...(it.error === null ? [] : errorFacts(it.error)),
    ...(board === null ? [["input", shown(it.inputJson)] as const] : []),
    ...(it.valueJson === null || board !== null
      ? []
      : [["value", shown(it.valueJson)] as const]),
  ];
}

function stateText({
  view,
  cancelAsked,
  maxAttempts,
  lost,
}: TaskDetails): string {
  return [
    standing(view).replaceAll("_", " "),
    ...(view.dueInMs === null
      ? []
      : [`may be claimed in ${elapsed(view.dueInMs)}`]),
    ...(maxAttempts > 1 || view.attempt > 1
      ? [`attempt ${view.attempt} of ${Math.max(maxAttempts, view.attempt)}`]
      : []),
    ...(lost > 0 ? [`${lost} of its holders died`] : []),
    ...(cancelAsked && !isTerminal(view.state)
      ? ["somebody wants it cancelled"]
      : []),
  ].join(", ");
}

function askedText({
  view,
  timeoutMs,
  deadlineMs,
  board,
}: TaskDetails): string {
  return [
    "",
    ...(board === null ? [`kind ${printable(view.kind)}`] : []),
    ...(board === null ? [] : [`by ${printable(board.createdBy)}`]),
    ...(view.session === null ? [] : [`session ${printable(view.session)}`]),
    ...(view.weight === null ? [] : [`weight ${view.weight}`]),
    ...(view.priority === 0 ? [] : [`priority ${view.priority}`]),
    ...(timeoutMs === null ? [] : [`timeout ${elapsed(timeoutMs)}`]),
    ...(deadlineMs === null ? [] : [`deadline ${elapsed(deadlineMs)}`]),
  ].join(", ");
}

const linkFacts = (label: string, links: readonly Linked[]): Fact[] =>
  links.map(({ id, on, state, title }, index) => [
    index === 0 ? label : "",
    `${printable(id)}, ${state ?? "not there"}${on === "success" ? "" : `, on ${on}`}${title === null ? "" : `: ${shown(title)}`}`,
  ]);

function holderFacts(
  { view, fence, board }: TaskDetails,
  now: EpochMs,
): Fact[] {
  if (view.holder === null)
    return board === null || board.workedBy === null
      ? []
      : [["worked by", printable(board.workedBy)]];
  const lease =
    view.leaseLeftMs === null
      ? "for as long as it lives"
      : view.leaseLeftMs > 0
        ? `lease ends in ${elapsed(view.leaseLeftMs)}`
        : `lease ran out ${elapsed(-view.leaseLeftMs)} ago`;
  const since =
    view.startedAt === null ? "" : `, since ${moment(view.startedAt, now)}`;
  return [
    ["holder", `${printable(view.holder)}${since}, ${lease}, fence ${fence}`],
  ];
}

function timeFacts({ view, worker, tier }: TaskDetails, now: EpochMs): Fact[] {
  const { startedAt, settledAt } = view;
  return [
    ...(worker === null
      ? []
      : [
          [
            "ran on",
            `${printable(worker)}${tier === null ? "" : `, ${tier}`}`,
          ] as const,
        ]),
    ...(settledAt === null
      ? []
      : [
          [
            "ended",
            `${moment(settledAt, now)}${startedAt === null ? "" : `, after ${elapsed(Math.max(0, settledAt - startedAt))}`}`,
          ] as const,
        ]),
  ];
}

const attemptText = (past: PastAttempt, now: EpochMs): string =>
  `${past.end.replaceAll("_", " ")} ${moment(past.endedAt, now)}${past.holder === null ? "" : `, held by ${printable(past.holder)}`}${past.error === null ? "" : `: ${past.error.code}, ${shown(past.error.message)}`}`;

function boardFacts(board: BoardPart, now: EpochMs): Fact[] {
  const { capabilities, progressDone, progressTotal, required, proven } = board;
  return [
    ...(capabilities.length === 0
      ? []
      : [["needs", capabilities.map(printable).join(", ")] as const]),
    ...(progressDone === null
      ? []
      : [
          [
            "progress",
            progressTotal === null
              ? String(progressDone)
              : `${progressDone} of ${progressTotal}`,
          ] as const,
        ]),
    ...(proven === null ? required : []).map((evidence): Fact => [
      "to prove",
      evidenceText(evidence),
    ]),
    ...(proven ?? []).map(({ evidence, holds, seen }): Fact => [
      holds ? "proven" : "not proven",
      `${evidenceText(evidence)}: ${shown(seen)}`,
    ]),
    ...(proven?.length === 0
      ? [["proven", "by nothing: on the word of whoever did it"] as const]
      : []),
    ...optional("summary", board.summary),
    ...board.notes.map(({ at, by, text }): Fact => [
      "note",
      `${moment(at, now)}, ${printable(by)}: ${shown(text)}`,
    ]),
  ];
}

function evidenceText(evidence: Evidence): string {
  switch (evidence.type) {
    case "command":
      return `the command ${printable(JSON.stringify(evidence.argv))}${evidence.cwd === null ? "" : ` in ${printable(evidence.cwd)}`}`;
    case "file":
      return `the file ${printable(evidence.path)}${evidence.sha256 === null ? "" : ` with SHA-256 ${printable(evidence.sha256)}`}`;
    case "task":
      return `the task ${printable(evidence.id)}`;
  }
}

const errorFacts = ({ code, message, hint }: WireError): Fact[] => [
  ["error", `${code}: ${shown(message)}`],
  ...(hint === undefined ? [] : [["", shown(hint)] as const]),
];

const optional = (label: string, text: string | null): Fact[] =>
  text === null || text === "" ? [] : [[label, shown(text)]];

const shown = (text: string): string =>
  text.length <= SHOWN_CHARS
    ? printableLines(text)
    : `${printableLines(text.slice(0, SHOWN_CHARS))}…`;

const moment = (at: EpochMs, now: EpochMs): string => {
  const past = age(at, now);
  return `${new Date(at).toISOString()} (${past === "now" ? "just now" : `${past} ago`})`;
};
