import { expect, test } from "bun:test";
import {
  ALERT_RULE_NAMES,
  alertLimits,
  alertLimitsProblem,
  type AlertRuleName,
} from "../../../flow-balancer/core/alert-limits.ts";
import type { AlertFacts } from "../../../monitoring/alerts/alert-facts.ts";
import {
  ALERT_RULES,
  summaryOf,
} from "../../../monitoring/alerts/alert-rules.ts";
import { alertFacts, beat, step } from "../../support/health-facts-given.ts";

const recent = alertFacts().recent!;
const NOTHING = {
  ...recent,
  ended: 0,
  failed: 0,
  waited: 0,
  waitP95Ms: 0,
  placed: 0,
  cold: 0,
};
const losses = { alive: 2, died: [], silent: [], windowMs: 600_000 };
const one = { id: "instance_a", pid: 7, ms: 5_000 };

type Row = readonly [AlertRuleName, Partial<AlertFacts>, number, RegExp];

/** What it reads of what, and what it says of that. */
const TABLE: readonly Row[] = [
  [
    "error_rate",
    { recent: { ...recent, failed: 25 } },
    0.25,
    /^25 of 100 attempts .*\(25%\)/,
  ],
  ["error_rate", { recent: NOTHING }, 0, /^0 of 0/],
  [
    "wait_p95",
    { recent: { ...recent, waitP95Ms: 7_500 } },
    7_500,
    /7\.50 s or longer.*above 5\.00 s/,
  ],
  [
    "pool_saturated",
    { pool: { busy: 8, maxWorkers: 8, waiting: 24 } },
    3,
    /8 of 8 workers are busy and 24 tasks wait \(3 a worker\)/,
  ],
  [
    "pool_saturated",
    { pool: { busy: 7, maxWorkers: 8, waiting: 24 } },
    0,
    /7 of 8/,
  ],
  [
    "cold_start_share",
    { recent: { ...recent, cold: 60 } },
    0.6,
    /60 of 100 tasks .*\(60%\) found no worker/,
  ],
  ["cold_start_share", { recent: NOTHING }, 0, /^0 of 0/],
  [
    "dead_instance",
    { neighbours: { ...losses, died: [one] } },
    1,
    /instance_a \(pid 7\) died 5\.00 s ago/,
  ],
  [
    "dead_instance",
    { neighbours: { ...losses, silent: [one, one] } },
    2,
    /not been heard of/,
  ],
  ["dead_instance", {}, 0, /no server died/],
  [
    "pending_for_ever",
    { oldest: { task: "task_x", kind: "k", ageMs: 660_000 } },
    660_000,
    /task task_x \(kind 'k'\) has waited for 11 min/,
  ],
  ["pending_for_ever", {}, 0, /no task waits/],
  [
    "disk",
    { disk: { freeBytes: 1_048_576 } },
    1_048_576,
    /1 MiB free.*below 512 MiB, clears at 1 GiB/,
  ],
  [
    "wal_size",
    { wal: { bytes: 209_715_200 } },
    209_715_200,
    /200 MiB.*above 128 MiB/,
  ],
  [
    "reaper_late",
    { beat: beat({ step: "sweep" }, { sweep: step({ okMsAgo: 2_000 }) }) },
    4,
    /2\.00 s ago, 4 intervals \(it is in step 'sweep'\)/,
  ],
  [
    "reaper_late",
    {
      beat: beat(
        {},
        { rescue: step({ okMsAgo: 2_000, failures: 3, reason: "EIO" }) },
      ),
    },
    4,
    /its step 'rescue' fails: EIO/,
  ],
  [
    "heartbeat_late",
    { beat: beat({ ageMs: 5_000 }) },
    10,
    /lives 5\.00 s ago, 10 intervals/,
  ],
  [
    "heartbeat_late",
    { beat: beat({}, { share: step({ okMsAgo: 1_500 }) }) },
    3,
    /3 intervals/,
  ],
];

test.each(TABLE)(
  "%s reads its figure and says it",
  (name, facts, value, says) => {
    const rule = ALERT_RULES[name];
    const reading = rule.read(alertFacts(facts))!;
    expect(reading.value).toBeCloseTo(value, 9);
    expect(summaryOf(rule, reading, alertLimits(name), false)).toMatch(says);
  },
);

test.each(ALERT_RULE_NAMES.map((name) => [name] as const))(
  "%s is in the table, can clear, and says nothing of what is unknown",
  (name) => {
    expect(TABLE.some(([it]) => it === name)).toBe(true);
    expect(alertLimitsProblem(alertLimits(name))).toBeNull();
    const unknown: AlertFacts = {
      at: 0,
      recent: null,
      pool: null,
      oldest: null,
      neighbours: null,
      disk: null,
      wal: null,
      beat: null,
    };
    expect(ALERT_RULES[name].read(unknown)).toBeNull();
  },
);
