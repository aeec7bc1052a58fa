/** A length of time for people: two digits are enough. `42 s`, `12 min`, `1.5 h`, `3 days`. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export function durationInWords(ms: number): string {
  if (ms < 90_000) return `${Math.round(Math.max(0, ms) / 1_000)} s`;
  if (ms < 90 * MINUTE_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round((10 * ms) / HOUR_MS) / 10} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}
