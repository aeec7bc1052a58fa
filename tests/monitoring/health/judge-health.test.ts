import { describe, expect, test } from "bun:test";
import type { HealthView } from "../../../monitoring/api/overview-views.ts";
import { healthView } from "../../../monitoring/api/overview-views.ts";
import type {
  HealthFacts,
  ProbeName,
} from "../../../monitoring/health/health-facts.ts";
import {
  judgeHealth,
  PROBE_NAMES,
} from "../../../monitoring/health/judge-health.ts";
import {
  beat,
  gathered,
  GIB,
  MIB,
  step,
  WELL,
} from "../../support/health-facts-given.ts";

const AT = 1_700_000_000_000.4;
const judged = (more: Partial<HealthFacts>) => judgeHealth(gathered(more), AT);
const probe = (view: HealthView, name: ProbeName) =>
  view.probes.find((it) => it.name === name);

type Row = readonly [
  ProbeName,
  Partial<HealthFacts>,
  "ok" | "degraded" | "failing",
  RegExp,
];
const REFUSED = { writes: 2, msAgo: 40, reason: "disk I/O error" };
const pool = (more: Partial<HealthFacts["pool"]>) => ({
  pool: { ...WELL.pool, ...more },
});
const heartbeat = (more: Partial<HealthFacts["heartbeat"]>) => ({
  heartbeat: { ...WELL.heartbeat, ...more },
});
const reaper = (more: Partial<HealthFacts["reaper"]>) => ({
  reaper: { ...WELL.reaper, ...more },
});
const disk = (more: Partial<HealthFacts["disk"]>) => ({
  disk: { ...WELL.disk, ...more },
});
const slow = (p95Ms: number, n = 100) => ({
  commit: { n, p50Ms: 1, p95Ms, maxMs: p95Ms },
});
const late = (p99Ms: number) => ({
  event_loop: { delay: { p50Ms: 1, p99Ms, maxMs: p99Ms } },
});
const oops = (failures: number) => step({ failures, reason: "no such table" });

const TABLE: readonly Row[] = [
  [
    "store",
    { store: { writeMs: 249, refusal: null, refused: null } },
    "ok",
    /249 ms \(limit 250 ms\)/,
  ],
  [
    "store",
    { store: { writeMs: 250, refusal: null, refused: null } },
    "degraded",
    /another process holds/,
  ],
  [
    "store",
    { store: { writeMs: 1, refusal: "the disk is full. Free", refused: null } },
    "failing",
    /disk is full/,
  ],
  [
    "store",
    { store: { writeMs: 1, refusal: null, refused: REFUSED } },
    "failing",
    /refused 2 writes, the last 40\.0 ms ago: disk I\/O error/,
  ],
  ["commit", slow(49), "ok", /95% of 100 commits/],
  ["commit", slow(50), "degraded", /disk is slow/],
  ["commit", slow(1_000), "failing", /1\.00 s or less/],
  ["commit", slow(5_000, 19), "ok", /too few/],
  [
    "pool",
    pool({ failedStarts: 1, reason: "ENOMEM" }),
    "degraded",
    /1 start of a worker.*ENOMEM.*doctor/,
  ],
  [
    "pool",
    pool({ failedStarts: 9, reason: "x" }),
    "degraded",
    /9 starts .*2 ready/,
  ],
  [
    "pool",
    pool({ ready: 0, failedStarts: 2, reason: "x" }),
    "degraded",
    /limit 3/,
  ],
  [
    "pool",
    pool({ ready: 0, failedStarts: 3, reason: "x" }),
    "failing",
    /in a row/,
  ],
  [
    "pool",
    pool({ ready: 0, nextStartMs: 30_000, reason: "x" }),
    "failing",
    /next try is in 30 s/,
  ],
  ["pool", pool({ nextStartMs: 30_000, reason: "x" }), "degraded", /next try/],
  ["pool", pool({ closing: true }), "failing", /shutting down/],
  ["pool", pool({ ready: 0, starting: 1 }), "ok", /1 worker starting/],
  [
    "pool",
    pool({ ready: 0, trial: { type: "ready", startMs: 80 } }),
    "ok",
    /trial was ready after 80\.0 ms/,
  ],
  [
    "pool",
    pool({ ready: 0, trial: { type: "failed", reason: "EAGAIN" } }),
    "failing",
    /trial failed: EAGAIN/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({ ageMs: 1_000 }) }),
    "ok",
    /limit 1000 ms/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({ ageMs: 1_001 }) }),
    "failing",
    /the loop has stopped/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({ ageMs: 1_001, step: "rescue" }) }),
    "failing",
    /in step 'rescue'/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({}, { share: oops(1) }) }),
    "degraded",
    /'share' failed 1 time: no such table/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({}, { presence: oops(2) }) }),
    "failing",
    /2 times in a row/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({ toldMsAgo: 45_001 }) }),
    "failing",
    /45 s ago that this server lives/,
  ],
  [
    "heartbeat",
    heartbeat({ beat: beat({}, { sweep: oops(9) }) }),
    "ok",
    /last beat/,
  ],
  [
    "reaper",
    reaper({ beat: beat({}, { sweep: step({ okMsAgo: 1_001 }) }) }),
    "failing",
    /1\.00 s ago.*the loop has stopped/,
  ],
  [
    "reaper",
    reaper({ beat: beat({}, { rescue: oops(1) }) }),
    "degraded",
    /'rescue' failed/,
  ],
  [
    "reaper",
    reaper({ beat: beat({}, { sweep: oops(2) }) }),
    "failing",
    /'sweep' failed 2 times/,
  ],
  [
    "reaper",
    reaper({ overdueMs: 1_001 }),
    "failing",
    /its task was not taken back/,
  ],
  ["reaper", reaper({ overdueMs: 900 }), "ok", /looked after/],
  [
    "reaper",
    reaper({ beat: beat({}, { share: oops(9) }) }),
    "ok",
    /looked after/,
  ],
  ["disk", disk({ freeBytes: 512 * MIB }), "ok", /512 MiB free of 100 GiB/],
  ["disk", disk({ freeBytes: 511 * MIB }), "degraded", /limit 512 MiB/],
  [
    "disk",
    disk({ freeBytes: 63 * MIB }),
    "failing",
    /results may soon have no room/,
  ],
  ["disk", disk({ freeFiles: 999 }), "degraded", /999 more files/],
  ["disk", disk({ freeFiles: 15 }), "failing", /15 more files/],
  ["disk", disk({ freeFiles: null }), "ok", /50 GiB free/],
  [
    "wal",
    { wal: { bytes: 64 * MIB } },
    "degraded",
    /64 MiB \(limit 64 MiB\).*reads flow\.db/,
  ],
  ["wal", { wal: { bytes: GIB } }, "failing", /1 GiB/],
  ["event_loop", { event_loop: { delay: null } }, "ok", /not measured/],
  ["event_loop", late(250), "degraded", /too few processors/],
  ["event_loop", late(2_000), "failing", /2\.00 s late/],
  [
    "instances",
    {
      instances: {
        ...WELL.instances,
        died: [{ id: "i1", pid: 7, ms: 90_000 }],
      },
    },
    "degraded",
    /i1 \(pid 7\) died 2 min ago/,
  ],
  [
    "instances",
    {
      instances: {
        ...WELL.instances,
        silent: [{ id: "i2", pid: 8, ms: 70_000 }],
      },
    },
    "degraded",
    /i2 .*not been heard of for 70 s/,
  ],
];

describe("a probe", () => {
  test.each(TABLE)("%s", (name, facts, status, says) => {
    const view = judged(facts);
    const { status: found, detail } = probe(view, name)!;
    expect(found).toBe(status);
    expect(detail).toMatch(says);
    // The whole is as bad as its worst probe, and nobody else is to blame.
    expect(view.status).toBe(status);
    expect(view.probes.filter((it) => it.status !== "ok").length).toBe(
      status === "ok" ? 0 : 1,
    );
    expect(healthView.parse(view)).toEqual(view);
  });

  test("each is in the table, at its limits and beyond", () => {
    expect(new Set(TABLE.map(([name]) => name))).toEqual(new Set(PROBE_NAMES));
  });

  test.each(PROBE_NAMES.map((name) => [name] as const))(
    "%s that gives no answer is itself failing, with the reason",
    (name) => {
      const facts = { ...gathered(), [name]: { ok: false, reason: "EIO" } };
      const view = judgeHealth(facts, AT);
      expect(view.status).toBe("failing");
      expect(view.at).toBe(1_700_000_000_000);
      expect(probe(view, name)).toEqual({
        name,
        status: "failing",
        detail: "could not be looked at: EIO",
        figures: {},
      });
    },
  );
});
