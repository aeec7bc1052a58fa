/** Why a task ran where it did, in words and as the wire has it. Made only when asked: most are never read. */

import { parseOrNull } from "./json.ts";
import type { Decision, Timing, Way } from "./task.ts";

export const WAYS: Readonly<Record<Way, string>> = {
  own_idle: "an idle worker of its session",
  loaded_idle: "an idle worker that has the kind loaded",
  bare_idle: "an idle worker that must load the kind",
  free_lane: "a free lane of a worker that runs the kind",
  own_busy: "the busy worker of its session",
  other_busy: "a busy worker that will be free",
  starting: "a worker that is starting",
  spawn: "a new worker",
  nothing: "none that could take it",
};

/** Where it went, what was expected of that, the next best way, and what leaving its session's worker was to cost. */
export function explainDecision(decision: Decision): string {
  const { way, predicted, instead, insteadMs, priceMs } = decision;
  const { waitMs, startMs, runMs } = predicted;
  const expected = `${WAYS[way]}: ${round(waitMs + startMs + runMs)} ms expected (wait ${round(waitMs)}, start ${round(startMs)}, run ${round(runMs)})`;
  const price =
    priceMs === null
      ? "; its session stays on its worker"
      : priceMs > 0
        ? `; leaving its session's worker is priced at ${round(priceMs)} ms`
        : "";
  return `${expected}${otherWay(instead, insteadMs)}${price}`;
}

const otherWay = (instead: Way | null, insteadMs: number | null): string =>
  instead === null || insteadMs === null
    ? ""
    : `; next best, ${WAYS[instead]}: ${round(insteadMs)} ms`;

/** The same for programs. Times in ms. */
export const decisionView = (decision: Decision) => ({
  way: decision.way,
  predicted: timingView(decision.predicted),
  instead: decision.instead,
  instead_ms: fine(decision.insteadMs),
  price_ms: fine(decision.priceMs),
  why: explainDecision(decision),
});

const timingView = ({ waitMs, startMs, runMs }: Timing) => ({
  wait_ms: fine(waitMs),
  start_ms: fine(startMs),
  run_ms: fine(runMs),
});

/** A microsecond is finer than any of these is known. */
const fine = <Ms extends number | null>(ms: Ms): Ms =>
  (ms === null ? null : Math.round(ms * 1_000) / 1_000) as Ms;

/** For people: three digits or a tenth. */
const round = (ms: number): number =>
  ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms);

const isWay = (value: unknown): value is Way =>
  typeof value === "string" && Object.hasOwn(WAYS, value);

const isMs = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

const isTiming = (value: unknown): value is Timing => {
  const { waitMs, startMs, runMs } = (value ?? {}) as Record<string, unknown>;
  return isMs(waitMs) && isMs(startMs) && isMs(runMs);
};

/**
 * A decision as it is stored: `[way, waitMs, startMs, runMs, instead, insteadMs, priceMs]`, to the
 * microsecond. One is written for nearly every task: by name, it would be half of the task's row.
 */
export const decisionText = ({
  way,
  predicted: { waitMs, startMs, runMs },
  instead,
  insteadMs,
  priceMs,
}: Decision): string =>
  JSON.stringify([
    way,
    fine(waitMs),
    fine(startMs),
    fine(runMs),
    instead,
    fine(insteadMs),
    fine(priceMs),
  ]);

/** A decision as it was stored; null for none, and for text that is not one any more. */
export function parseDecision(json: string | null): Decision | null {
  const stored = parseOrNull(json);
  const { way, predicted, instead, insteadMs, priceMs } = (
    Array.isArray(stored) ? byName(stored) : (stored ?? {})
  ) as Partial<Record<keyof Decision, unknown>>;
  if (!isWay(way) || !isTiming(predicted)) return null;
  return {
    way,
    predicted,
    instead: isWay(instead) ? instead : null,
    insteadMs: isMs(insteadMs) ? insteadMs : null,
    // Without a number it was not to be left at all.
    priceMs: isMs(priceMs) ? priceMs : null,
  };
}

/** With the names that it was stored under before. */
const byName = ([
  way,
  waitMs,
  startMs,
  runMs,
  instead,
  insteadMs,
  priceMs,
]: readonly unknown[]) => ({
  way,
  predicted: { waitMs, startMs, runMs },
  instead,
  insteadMs,
  priceMs,
});
