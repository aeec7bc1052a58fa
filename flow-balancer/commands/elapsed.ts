/** Lengths of time as a person says them, and as one writes them. */

import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import type { EpochMs } from "../core/time.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** One unit, rounded down, but for what is shorter than a minute: `850 ms`, `2.4 s`, `3 min`, `2 h`, `5 d`. */
export function elapsed(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** An age: fractions of a second are noise. */
export const age = (at: EpochMs, now: EpochMs): string => {
  const ms = now - at;
  return ms < SECOND
    ? "now"
    : ms < MINUTE
      ? `${Math.floor(ms / SECOND)} s`
      : elapsed(ms);
};

const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["ms", 1],
  ["s", SECOND],
  ["min", MINUTE],
  ["m", MINUTE],
  ["h", HOUR],
  ["d", DAY],
]);

/** `90s`, `5 min`, `2h`, `1d`; a number alone is ms. Throws INVALID_ARGUMENT. */
export function parseElapsed(text: string, option: string): number {
  const ms = readElapsed(text);
  if (ms === null)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `${option} is ${quoted(text)}, which is no length of time`,
      { hint: LENGTHS },
    );
  return ms;
}

const LENGTHS = "Lengths are written as 500 (ms), 90s, 5min, 2h or 1d.";

/** A length of time before now, or a moment as ISO 8601 writes it. Throws INVALID_ARGUMENT. */
export function parseSince(
  text: string,
  now: EpochMs,
  option: string,
): EpochMs {
  const ms = readElapsed(text);
  if (ms !== null) return (now - ms) as EpochMs;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `${option} is ${quoted(text)}, which is neither a length of time nor a date`,
      { hint: `${LENGTHS} Dates as 2026-01-31 or 2026-01-31T12:00:00Z.` },
    );
  return at as EpochMs;
}

function readElapsed(text: string): number | null {
  const found = /^(\d{1,12}(?:\.\d{1,3})?) ?([a-z]*)$/.exec(text.trim());
  const unit = UNITS.get(found?.[2] ?? "");
  return found === null || unit === undefined
    ? null
    : Math.round(Number(found[1]) * unit);
}
