/** A moment as a person reads it: how long ago, and when by the clock on the wall (local time). */

import type { EpochMs } from "../core/time.ts";
import { age } from "./elapsed.ts";

const two = (n: number): string => String(n).padStart(2, "0");

/** `14:02:11`; of another day `11-20 14:02`; of another year `2025-11-20`. */
export function clockTime(at: EpochMs, now: EpochMs): string {
  const [then, today] = [new Date(at), new Date(now)];
  const time = `${two(then.getHours())}:${two(then.getMinutes())}`;
  const day = `${two(then.getMonth() + 1)}-${two(then.getDate())}`;
  if (then.getFullYear() !== today.getFullYear())
    return `${then.getFullYear()}-${day}`;
  const isToday =
    then.getMonth() === today.getMonth() && then.getDate() === today.getDate();
  return isToday ? `${time}:${two(then.getSeconds())}` : `${day} ${time}`;
}

/** `3 min ago (14:02:11)`. */
export function agoAt(at: EpochMs, now: EpochMs): string {
  const past = age(at, now);
  return `${past === "now" ? "just now" : `${past} ago`} (${clockTime(at, now)})`;
}

/** For a table, where there is no moment to tell. */
export const clockOrNone = (at: EpochMs | null, now: EpochMs): string =>
  at === null ? "" : clockTime(at, now);
