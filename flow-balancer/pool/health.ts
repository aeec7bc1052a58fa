/**
 * What is wrong with a worker that is silent, and what a dead one leaves behind. Pure: judges two
 * looks at one process, from a count that its main thread moves and from what the kernel says of it.
 * A hint for words and for scaling; deadlines hold without it.
 */

import type { WorkerHealth } from "../core/pool-status.ts";
import type { ProcessStat } from "../core/process-stat.ts";
import { TICK_MS } from "../worker/process-stat.ts";
import type { LaneRecord, WorkerState } from "../worker/status-page.ts";

/** Where the count comes from: its status page, or the heartbeats it sent. */
export interface Pulse {
  readonly source: "page" | "messages";
  readonly beats: number;
  /** How often it is to grow, ms. */
  readonly everyMs: number;
}

export interface Sample {
  /** Monotonic, ms. */
  readonly at: number;
  readonly state: WorkerState;
  /** Null: neither is to be had, as of a page that is never whole. */
  readonly pulse: Pulse | null;
  /** Null: there is no /proc, or no such process in it. */
  readonly process: ProcessStat | null;
}

/** Beats that must be missing: one may just not be due yet, one may be late. */
const MISSED_BEATS = 2;
/** Of one core. A blocked main thread still has a collector and a compiler beside it, which take less. */
const SPINNING_SHARE = 0.1;

/** `previous` and `now` are of the same worker, and best `2 * everyMs` or more apart. */
export function judge(previous: Sample, now: Sample): WorkerHealth {
  const { process } = now;
  if (process !== null) {
    if (process.letter === "Z" || process.letter === "X") return "dead";
    if (isAnother(previous.process, process)) return "dead";
    if (process.letter === "T" || process.letter === "t") return "stopped";
  }
  const pulse = compare(previous, now);
  if (pulse === "moved") return now.state === "running" ? "working" : now.state;
  if (pulse === "unclear") return "unclear";
  if (process === null || previous.process === null) return "silent";
  const cpuMs = (process.cpuTicks - previous.process.cpuTicks) * TICK_MS;
  if (cpuMs >= SPINNING_SHARE * (now.at - previous.at)) return "spinning";
  return process.letter === "R" ? "starved" : "blocked";
}

/** A pid is used again; the moment of the start tells. */
const isAnother = (before: ProcessStat | null, now: ProcessStat): boolean =>
  before !== null && before.startedAtTicks !== now.startedAtTicks;

function compare(previous: Sample, now: Sample): "moved" | "still" | "unclear" {
  const before = previous.pulse;
  const { pulse } = now;
  if (before === null || pulse === null || before.source !== pulse.source)
    return "unclear";
  if (before.beats !== pulse.beats) return "moved";
  return now.at - previous.at >= MISSED_BEATS * pulse.everyMs
    ? "still"
    : "unclear";
}

/** What became of a job whose worker died before its result arrived. */
export type Loss =
  /** The worker never came to it, or not to its code: to run it elsewhere is the first time. */
  | "never_started"
  /** Its code ran, for an unknown part. */
  | "started"
  /** Its code ran to the end; only the result is lost. */
  | "answered"
  /** The page says nothing of it. */
  | "unknown";

/** `record`: what the dead worker's page has in the job's lane; null without a page, or of a broken one. */
export function classifyLoss(record: LaneRecord | null, job: number): Loss {
  // A later job in the lane of one that is not settled: whose page is this?
  if (record === null || record.job > job) return "unknown";
  if (record.job < job) return "never_started";
  switch (record.phase) {
    case "accepted":
      return "never_started";
    case "started":
    case "effects_declared":
      return "started";
    case "answered":
      return "answered";
    case "none":
      return "unknown";
  }
}
