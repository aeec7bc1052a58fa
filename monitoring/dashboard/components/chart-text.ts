/** What a chart says in words: its newest, lowest and highest values, and the times below its axis. */

import type { Values } from "./thin-series.ts";

export type Draw = "line" | "steps" | "points" | "dots" | "rings";

export interface ChartSeries {
  readonly label: string;
  /** Of CSS, as `var(--bad)`; without it the next of the palette. */
  readonly colour?: string;
  /** `steps`: each value holds until the next. Points stand alone: small hollow ones, full ones, large hollow ones. A line if left out. */
  readonly draw?: Draw;
  /** As long as the chart's times; null: nothing is known of that moment. */
  readonly values: Values;
}

/** As many as the palette has. */
const COLOURS = 6;

export const seriesColour = ({ colour }: ChartSeries, index: number): string =>
  colour ?? `var(--series-${(index % COLOURS) + 1})`;

interface SeriesSummary {
  /** Null: there is no value at all. */
  readonly newest: number | null;
  readonly lowest: number | null;
  readonly highest: number | null;
}

export function summarise(values: Values): SeriesSummary {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { newest: null, lowest: null, highest: null };
  return {
    newest: known.at(-1) ?? null,
    lowest: known.reduce((a, b) => Math.min(a, b)),
    highest: known.reduce((a, b) => Math.max(a, b)),
  };
}

const two = (n: number): string => String(n).padStart(2, "0");

const clock = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}`;

/** Local time of day, to the second. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return `${clock(date)}:${two(date.getSeconds())}`;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Labels of an axis, `stepMs` apart: seconds only where they differ, the day at midnight and where days pass. */
export function timeLabels(at: readonly number[], stepMs: number): string[] {
  return at.map((time) => {
    const date = new Date(time);
    const day = `${two(date.getDate())}.${two(date.getMonth() + 1)}.`;
    if (stepMs >= DAY_MS) return day;
    if (stepMs < MINUTE_MS) return timeOfDay(time);
    return clock(date) === "00:00" ? day : clock(date);
  });
}

/** Where a logarithmic axis of times has its lines, ms: a person thinks in minutes, not in 100,000 ms. */
const TIME_STEPS = [
  0.1,
  1,
  10,
  100,
  1_000,
  10_000,
  60_000,
  600_000,
  3_600_000,
  36_000_000,
  DAY_MS,
  10 * DAY_MS,
  100 * DAY_MS,
];
const POWERS = Array.from({ length: 19 }, (_, i) => 10 ** (i - 3));

/** Lines of a logarithmic axis in the chart's unit, ascending: from the last at or below `low` to the first at or above `high`. */
export function logSteps(low: number, high: number, unit: string): number[] {
  const steps = unit === "ms" ? TIME_STEPS : POWERS;
  const from = steps.findLast((step) => step <= low) ?? steps[0] ?? 0;
  const to = steps.find((step) => step >= high && step > from) ?? high;
  return steps.filter((step) => step >= from && step <= to);
}
