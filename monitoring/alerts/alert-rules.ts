/**
 * The rules, a row each: what it reads, from how much evidence, and what it says. At which limits it fires
 * and clears is in core/alert-limits.ts, and in the settings `[alerts.rules.<name>]`.
 *
 *  rule              reads                                                       fires    clears   after
 *  error_rate        attempts that ended wrongly, of those of 5 min              30%      20%      60 s
 *  wait_p95          what one in twenty of them waited for a worker              5 s      2.5 s    60 s
 *  pool_saturated    tasks that wait a worker, while all workers are busy        1        0.25     60 s
 *  cold_start_share  tasks that found no worker ready, of those of 5 min         50%      30%      120 s
 *  dead_instance     servers of the home that died (10 min) or are silent        1        0        at once
 *  pending_for_ever  age of the oldest task that could run and nobody takes      10 min   5 min    30 s
 *  disk              free on the home's disk (fires below)                       512 MiB  1 GiB    10 s
 *  wal_size          the store's write-ahead log                                 128 MiB  64 MiB   60 s
 *  reaper_late       beats since leases and dead servers were looked after       3        2        3 s
 *  heartbeat_late    beats since this server last said that it lives             3        2        3 s
 *
 * Rules of the `home` read what all its servers share: each server follows them, and one of them, the one
 * that has lived longest, calls the hooks. Rules of the `server` are its own, and so are its hooks.
 */

import type {
  AlertLimits,
  AlertRuleName,
} from "../../flow-balancer/core/alert-limits.ts";
import { percent } from "../../flow-balancer/core/figures.ts";
import type { LastBeat } from "../../flow-balancer/core/instance.ts";
import { REAPS } from "../health/beat-probes.ts";
import { lossesInWords } from "../health/instances-probe.ts";
import { bytesInWords } from "../bytes-in-words.ts";
import type { AlertFacts } from "./alert-facts.ts";
import { lengthInWords } from "../length-in-words.ts";

export interface Reading {
  readonly value: number;
  /** How many tasks it was made of; null: it does not rest on a number of tasks. */
  readonly n: number | null;
  /** The figures in words. */
  readonly said: string;
}

export interface AlertRule {
  readonly severity: "warning" | "critical";
  readonly scope: "home" | "server";
  /** With evidence of fewer tasks nothing is said. */
  readonly least: number;
  /** Null: it could not be found out. */
  readonly read: (facts: AlertFacts) => Reading | null;
  /** What to do. */
  readonly advice: string;
  /** A limit of it, for people. */
  readonly unit: (limit: number) => string;
}

/** At a true rate of 20%, where error_rate clears, 30% of 20 or more are seen by chance at 2 of 10 looks (binomial), of 100 at 1 of 100. */
const ENOUGH_TASKS = 20;

const share = (value: number): string => `${Math.round(value * 100)}%`;
const plain = (value: number): string => String(Math.round(value * 100) / 100);

export const ALERT_RULES: Readonly<Record<AlertRuleName, AlertRule>> = {
  error_rate: {
    severity: "warning",
    scope: "home",
    least: ENOUGH_TASKS,
    unit: share,
    read: ({ recent }) => {
      if (recent === null) return null;
      const { ended, failed, worst, windowMs } = recent;
      const most =
        worst === null
          ? ""
          : `, ${worst.failed} of them of kind '${worst.kind}'`;
      return {
        value: ended === 0 ? 0 : failed / ended,
        n: ended,
        said: `${failed} of ${ended} attempts of the last ${lengthInWords(windowMs)} (${percent(failed, ended)}) ended wrongly${most}`,
      };
    },
    advice:
      "Run 'flow-balancer tasks list --state failed' and look at one with 'flow-balancer explain <task>'",
  },
  wait_p95: {
    severity: "warning",
    scope: "home",
    least: ENOUGH_TASKS,
    unit: lengthInWords,
    read: ({ recent }) =>
      recent === null
        ? null
        : {
            value: recent.waitP95Ms,
            n: recent.waited,
            said: `one in twenty of ${recent.waited} tasks of the last ${lengthInWords(recent.windowMs)} waited ${lengthInWords(recent.waitP95Ms)} or longer for a worker`,
          },
    advice:
      "Submit less at a time, or raise pool.max_workers if the machine has processors to spare",
  },
  pool_saturated: {
    severity: "warning",
    scope: "server",
    least: 0,
    unit: plain,
    read: ({ pool }) => {
      if (pool === null) return null;
      const { busy, maxWorkers, waiting } = pool;
      const value = busy >= maxWorkers ? waiting / Math.max(1, maxWorkers) : 0;
      return {
        value,
        n: null,
        said: `${busy} of ${maxWorkers} workers are busy and ${waiting} tasks wait (${plain(value)} a worker)`,
      };
    },
    advice:
      "Raise pool.max_workers, cancel what nobody needs, or let another terminal's server share the work",
  },
  cold_start_share: {
    severity: "warning",
    scope: "home",
    least: ENOUGH_TASKS,
    unit: share,
    read: ({ recent }) => {
      if (recent === null) return null;
      const { placed, cold, windowMs } = recent;
      return {
        value: placed === 0 ? 0 : cold / placed,
        n: placed,
        said: `${cold} of ${placed} tasks of the last ${lengthInWords(windowMs)} (${percent(cold, placed)}) found no worker that had their kind loaded`,
      };
    },
    advice:
      "Raise pool.idle_ms or pool.spare_workers; if workers die, 'flow-balancer doctor' says why",
  },
  dead_instance: {
    severity: "warning",
    scope: "home",
    least: 0,
    unit: plain,
    read: ({ neighbours }) => {
      if (neighbours === null) return null;
      const { died, silent, alive, windowMs } = neighbours;
      const value = died.length + silent.length;
      const said =
        value > 0
          ? lossesInWords(neighbours)
          : `no server died in the last ${lengthInWords(windowMs)}, ${alive} on this home`;
      return { value, n: null, said };
    },
    advice: "'flow-balancer instances' shows those that are left",
  },
  pending_for_ever: {
    severity: "critical",
    scope: "home",
    least: 0,
    unit: lengthInWords,
    read: ({ oldest }) =>
      oldest === null
        ? null
        : {
            value: oldest.ageMs,
            n: null,
            said:
              oldest.task === null
                ? "no task waits to be taken"
                : `task ${oldest.task} (kind '${oldest.kind}') has waited for ${lengthInWords(oldest.ageMs)}, though it could run`,
          },
    advice:
      "'flow-balancer explain <task>' says why: perhaps no server that runs knows its kind, or all are full",
  },
  disk: {
    severity: "critical",
    scope: "home",
    least: 0,
    unit: bytesInWords,
    read: ({ disk }) =>
      disk === null
        ? null
        : {
            value: disk.freeBytes,
            n: null,
            said: `the home's disk has ${bytesInWords(disk.freeBytes)} free`,
          },
    advice: "Free some, or keep less ([retention] keep_days)",
  },
  wal_size: {
    severity: "warning",
    scope: "home",
    least: 0,
    unit: bytesInWords,
    read: ({ wal }) =>
      wal === null
        ? null
        : {
            value: wal.bytes,
            n: null,
            said: `the store's log has ${bytesInWords(wal.bytes)}`,
          },
    advice:
      "A process that reads flow.db and does not end keeps it from being copied back: find and end it",
  },
  reaper_late: {
    severity: "critical",
    scope: "server",
    least: 0,
    unit: plain,
    read: ({ beat }) => {
      if (beat === null) return null;
      const okMsAgo = Math.max(...REAPS.map((it) => beat.steps[it].okMsAgo));
      return {
        value: okMsAgo / beat.everyMs,
        n: null,
        said: `leases and dead servers were last looked after ${lengthInWords(okMsAgo)} ago, ${plain(okMsAgo / beat.everyMs)} intervals${whyLate(beat)}`,
      };
    },
    advice: "Restart this server if it does not recover",
  },
  heartbeat_late: {
    severity: "critical",
    scope: "server",
    least: 0,
    unit: plain,
    read: ({ beat }) => {
      if (beat === null) return null;
      const okMsAgo = Math.max(
        beat.ageMs,
        beat.steps.presence.okMsAgo,
        beat.steps.share.okMsAgo,
      );
      return {
        value: okMsAgo / beat.everyMs,
        n: null,
        said: `this server last said that it lives ${lengthInWords(okMsAgo)} ago, ${plain(okMsAgo / beat.everyMs)} intervals${whyLate(beat)}`,
      };
    },
    advice: "Restart this server if it does not recover",
  },
};

function whyLate({ steps, step }: LastBeat): string {
  const broken = Object.entries(steps).find(([, it]) => it.failures > 0);
  if (broken !== undefined)
    return ` (its step '${broken[0]}' fails: ${broken[1].reason})`;
  return step === null ? "" : ` (it is in step '${step}')`;
}

/** Whole sentences: the figures, the limits, and, unless it is over, what to do. */
export function summaryOf(
  { unit, advice }: AlertRule,
  { said }: Reading,
  { fires, threshold, clear }: AlertLimits,
  isOver: boolean,
): string {
  const sides = fires === "above" ? "at or above" : "at or below";
  const limits = `fires ${sides} ${unit(threshold)}, clears at ${unit(clear)}`;
  return `${said} (${limits}).${isOver ? "" : ` ${advice}.`}`;
}
