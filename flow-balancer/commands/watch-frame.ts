/** What --watch shows on a terminal: when it looked, the answer as far as there is room, and how to end it. Pure. */

import { count } from "../core/figures.ts";
import { printableLines } from "../core/printable.ts";
import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { cutEnd } from "../core/table.ts";
import type { EpochMs } from "../core/time.ts";
import { elapsed } from "./elapsed.ts";
import { clockTime } from "./moment.ts";
import type { Screen } from "./screen.ts";
import type { Terminal } from "./terminal.ts";
import { wrappedText } from "./wrapped-lines.ts";

const DEFAULT_SECONDS = 2;
const [MIN_SECONDS, MAX_SECONDS] = [0.1, 3_600];

/** Of --watch, ms. Throws INVALID_ARGUMENT. */
export function watchEvery(seconds: string | true): number {
  if (seconds === true) return DEFAULT_SECONDS * 1_000;
  const value = /^\d{1,5}(?:\.\d{1,3})?$/.test(seconds)
    ? Number(seconds)
    : Number.NaN;
  if (value >= MIN_SECONDS && value <= MAX_SECONDS)
    return Math.round(value * 1_000);
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `--watch is ${quoted(seconds)}, which is no number of seconds from ${MIN_SECONDS} to ${MAX_SECONDS}`,
    { hint: "Put what else the command takes before it." },
  );
}

export interface Watched {
  readonly data: string;
  readonly notes: readonly string[];
  readonly at: EpochMs;
  readonly everyMs: number;
}

/** As many lines as there are rows, none wider than the terminal. */
export function watchFrame(
  { data, notes, at, everyMs }: Watched,
  { rows }: Screen["size"],
  { paint, width, widthOf }: Terminal,
): string[] {
  const head = paint.dim(
    cutEnd(
      `${clockTime(at, at)}, every ${elapsed(everyMs)}; Ctrl-C ends it`,
      width,
      widthOf,
    ),
  );
  const body = [
    ...(data === "" ? [] : wrappedText(data, width).split("\n")),
    ...notes.flatMap((note) =>
      wrappedText(printableLines(note), width)
        .split("\n")
        .map((line) => paint.dim(line)),
    ),
  ];
  const room = Math.max(1, rows - 1);
  if (body.length <= room) return [head, ...body];
  const shown = body.slice(0, room - 1);
  const left = count(body.length - shown.length, "more line");
  return [head, ...shown, paint.dim(`… ${left}: no room`)];
}
