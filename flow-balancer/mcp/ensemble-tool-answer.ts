/** An ensemble as run_ensemble answers it: the value and what it rests on, then every attempt; for people a few lines. */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { EnsembleAnswer } from "../core/ensemble.ts";
import type { JsonValue } from "../core/json.ts";
import type { Seat } from "./ensemble-tool-input.ts";
import type { Attempt, EnsembleEnd } from "./ensemble-tool-run.ts";
import { POLL_AFTER_MS, round, type TaskAnswer } from "./task-answer.ts";

const TEXT_VALUE_CHARS = 2_000;

export const ensembleAnswerSchema = z.looseObject({
  status: z
    .enum(["completed", "no_agreement", "none_passed", "failed", "working"])
    .describe("completed: there is a value"),
  value: z.unknown(),
  best_guess: z
    .unknown()
    .optional()
    .describe("With no_agreement: what leads all the same, if anything does"),
  strategy: z.string().nullable(),
  support: z
    .int()
    .describe("Attempts that gave the value (or the guess), or any of it"),
  chance: z
    .number()
    .nullable()
    .describe("That it is right, by checks of earlier answers; null: too few"),
  waste: z
    .number()
    .nullable()
    .describe("Share of the cost spent on what an earlier result had said"),
  why: z.array(z.string()),
  items: z
    .array(
      z.looseObject({
        value: z.unknown(),
        support: z.int(),
        seats: z.array(z.int()),
      }),
    )
    .optional(),
  calls: z.looseObject({ most: z.int(), made: z.int(), saved: z.int() }),
  results: z.array(z.looseObject({ seat: z.int(), status: z.string() })),
});

const STATUS = {
  value: "completed",
  no_agreement: "no_agreement",
  none_passed: "none_passed",
  no_result: "failed",
} as const;

interface View {
  readonly seats: readonly Seat[];
  readonly started: ReadonlyMap<number, Attempt>;
}

/** `makespanMs`: from the call to the answer. */
export function endedResult(
  { answer, settled }: EnsembleEnd,
  view: View,
  makespanMs: number,
): CallToolResult {
  const { outcome, strategy, value, guess, chance, waste, items } = answer;
  const why = settled === null ? answer.why : [settled, ...answer.why];
  const structured = {
    status: STATUS[outcome],
    value,
    ...(guess === null ? {} : { best_guess: guess }),
    strategy,
    support: answer.seats.length,
    seats: answer.seats.map(byOne),
    chance: chance === null ? null : round(chance),
    waste: waste === null ? null : round(waste),
    why,
    ...(items === null
      ? {}
      : {
          items: items.map((item) => ({
            value: item.value,
            support: item.seats.length,
            seats: item.seats.map(byOne),
          })),
        }),
    calls: callsOf(view),
    makespan_ms: round(makespanMs),
    results: resultsOf(view, answer),
  };
  const { made, saved } = structured.calls;
  const head = `${structured.status} (${strategy}; ${made} calls made, ${saved} saved)`;
  return {
    ...(outcome === "no_result" ? { isError: true } : {}),
    structuredContent: structured,
    content: [
      {
        type: "text",
        text: [
          head,
          ...why,
          ...(outcome === "value" ? [clip(value)] : []),
        ].join("\n"),
      },
    ],
  };
}

/** For a caller who can wait no longer: it goes on. */
export function workingResult(view: View, key: string): CallToolResult {
  const structured = {
    status: "working",
    value: null,
    strategy: null,
    support: 0,
    chance: null,
    waste: null,
    why: [
      "it goes on: the same call with this idempotency_key has the answer, and runs nothing twice",
    ],
    idempotency_key: key,
    poll_after_ms: POLL_AFTER_MS,
    calls: callsOf(view),
    results: resultsOf(view, null),
  };
  return {
    structuredContent: structured,
    content: [
      {
        type: "text",
        text: `still working; call run_ensemble again with the same arguments and idempotency_key ${JSON.stringify(key)}`,
      },
    ],
  };
}

const byOne = (seat: number): number => seat + 1;

/** A call is an attempt that was handed over to be run, also if it was cancelled then. */
function callsOf({ seats, started }: View) {
  const made = started.size;
  return { most: seats.length, made, saved: seats.length - made };
}

function resultsOf({ seats, started }: View, answer: EnsembleAnswer | null) {
  return seats.map(({ name }, seat) => {
    const attempt = started.get(seat);
    const group = answer?.groups.get(seat);
    return {
      seat: byOne(seat),
      expert: name,
      ...stateOf(attempt, answer !== null),
      ...(group === undefined ? {} : { group }),
      ...(attempt?.checked === null || attempt === undefined
        ? {}
        : {
            score: attempt.checked.score,
            ...(attempt.checked.why === null
              ? {}
              : { check: attempt.checked.why }),
          }),
    };
  });
}

/** One that still runs when there is an answer was asked to stop. */
function stateOf(
  attempt: Attempt | undefined,
  isAnswered: boolean,
): Partial<TaskAnswer> & { readonly status: string } {
  if (attempt === undefined) return { status: "not_started" };
  if (attempt.ended !== null) return attempt.ended;
  const id = attempt.submission?.task.id;
  return {
    ...(id === undefined ? {} : { task_id: id }),
    status: isAnswered ? "cancelling" : "working",
  };
}

function clip(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= TEXT_VALUE_CHARS
    ? text
    : `${text.slice(0, TEXT_VALUE_CHARS)}... (${text.length} characters in all)`;
}
