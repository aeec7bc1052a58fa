/** What was expected of a task's three clocks beside what came. */

import type { Decision, Execution, Timing } from "../../core/task.ts";

/** Added to both before they are compared, ms, as the pool does: nobody notices 0.1 for 0.3. */
const GRAIN_MS = 1;
/** Further off than this factor is said, if it is more than so many ms. */
const NOTABLE = 1.25;
const NOTABLE_MS = 2;

type Line = readonly [label: string, text: string];

const CLOCKS = [
  ["wait", "waitMs"],
  ["start", "startMs"],
  ["run", "runMs"],
] as const satisfies readonly (readonly [string, keyof Timing])[];

/** Actual over predicted, each and 1 ms: 1 is exact. Null: it had waited before this was foretold. */
function factor(
  clock: keyof Timing,
  predicted: Timing,
  actual: Timing,
): number | null {
  if (clock === "waitMs" && predicted.waitMs === 0 && actual.waitMs > GRAIN_MS)
    return null;
  return (actual[clock] + GRAIN_MS) / (predicted[clock] + GRAIN_MS);
}

/** For programs, by clock. */
export const offBy = (
  { predicted }: Decision,
  actual: Execution,
): Record<string, number | null> =>
  Object.fromEntries(
    CLOCKS.map(([name, clock]) => [name, factor(clock, predicted, actual)]),
  );

/** A head and a line a clock, in columns. `decision` null: nothing was foretold. */
export function comparisonLines(
  decision: Decision | null,
  actual: Execution,
): Line[] {
  const rows = CLOCKS.map(([name, clock]) => ({
    name,
    expected: decision === null ? "" : ms(decision.predicted[clock]),
    came: ms(actual[clock]),
    note: decision === null ? "" : note(clock, decision.predicted, actual),
  }));
  const head = {
    name: "",
    expected: decision === null ? "" : "expected",
    came: "actual",
    note: "",
  };
  const all = [head, ...rows];
  const expected = Math.max(...all.map((row) => row.expected.length));
  const came = Math.max(...all.map((row) => row.came.length));
  const gap = decision === null ? "" : "  ";
  return all.map((row) => [
    row.name,
    `${row.expected.padStart(expected)}${gap}${row.came.padStart(came)}  ${row.note}`,
  ]);
}

function note(clock: keyof Timing, predicted: Timing, actual: Timing): string {
  const off = factor(clock, predicted, actual);
  if (off === null) return "decided after that wait";
  const offMs = Math.abs(actual[clock] - predicted[clock]);
  if (offMs <= NOTABLE_MS) return "as expected";
  if (off > NOTABLE) return `${off.toFixed(1)} times as long as expected`;
  if (off < 1 / NOTABLE)
    return `${Math.round(off * 100)}% of what was expected`;
  return "as expected";
}

const ms = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
