/** What the pages make of the server's figures: charts of what was learned, urgency, load, ends. */

import { describe, expect, test } from "bun:test";
import type { AlertView } from "../../../monitoring/api/overview-views.ts";
import type { SessionView } from "../../../monitoring/api/shared-views.ts";
import {
  againstThreshold,
  byStatus,
  byUrgency,
  probeFigure,
} from "../../../monitoring/dashboard/pages/alert-order.ts";
import { basisWords } from "../../../monitoring/dashboard/pages/basis-words.ts";
import {
  endWords,
  heartbeatTone,
  slotShare,
} from "../../../monitoring/dashboard/pages/instance-words.ts";
import {
  changeMarks,
  changesOf,
  errorFactor,
  kindChart,
} from "../../../monitoring/dashboard/pages/learning-series.ts";
import {
  loadFactor,
  modeCounts,
  rateWords,
} from "../../../monitoring/dashboard/pages/session-load.ts";

describe("learning", () => {
  test("each run is in the line of how it ended; the limit is of all", () => {
    const chart = kindChart({
      kind: "shell",
      points: [
        { at: 1, run_ms: 10, limit_ms: 300, state: "completed" },
        { at: 2, run_ms: 300, limit_ms: 300, state: "timed_out" },
        { at: 3, run_ms: null, limit_ms: 200, state: "failed" },
      ],
    });
    expect(chart.at).toEqual([1, 2, 3]);
    expect(chart.series.map(({ label, values }) => [label, values])).toEqual([
      ["limit in force", [300, 300, 200]],
      ["completed", [10, null, null]],
      ["timed out", [null, 300, null]],
    ]);
  });

  test("changes of a kind: those that name it, and those that name none", () => {
    const changes = [
      "limit of shell 3 m → 4 s",
      "limit of shell-long 1 m → 4 s",
      "gate closed",
      "shell, kept for 5 s",
    ].map((summary, at) => ({ at, what: "deadlines", summary }));
    const of = (kind: string) =>
      changesOf(changes, kind, ["shell", "shell-long"]).map(({ at }) => at);
    expect(of("shell")).toEqual([0, 2, 3]);
    expect(of("shell-long")).toEqual([1, 2]);
  });

  test("markers say as much as fits", () => {
    const [short, long] = changeMarks([
      { at: 1, what: "gate", summary: "gate closed" },
      { at: 2, what: "gate", summary: "x".repeat(80) },
    ]);
    expect(short).toEqual({ at: 1, label: "gate closed" });
    expect(long?.label).toBe(`${"x".repeat(27)}…`);
  });

  test("a log ratio is shown as the factor it is", () => {
    expect(errorFactor({ median_log_ratio: 0 })).toBe(1);
    expect(errorFactor({ median_log_ratio: Math.log(2) })).toBeCloseTo(2);
    expect(errorFactor({ median_log_ratio: null })).toBeNull();
    expect(basisWords("own_runs")).toBe("by runs of its own");
    expect(basisWords("some_new_word")).toBe("some new word");
  });
});

describe("alerts and health", () => {
  const alert = (rule: string, more: Partial<AlertView>): AlertView => ({
    rule,
    severity: "warning",
    state: "firing",
    summary: "",
    value: 1,
    threshold: 1,
    since: 0,
    ...more,
  });

  test("what burns most stands first", () => {
    const alerts = [
      alert("cleared", { state: "cleared", severity: "critical" }),
      alert("pending", { state: "pending", severity: "critical" }),
      alert("old", { since: 1 }),
      alert("new", { since: 2 }),
      alert("critical", { severity: "critical" }),
    ];
    expect(byUrgency(alerts).map(({ rule }) => rule)).toEqual([
      "critical",
      "new",
      "old",
      "pending",
      "cleared",
    ]);
    const probes = (["ok", "failing", "degraded"] as const).map((status) => ({
      name: status,
      status,
      detail: "",
      figures: {},
    }));
    expect(byStatus(probes).map(({ name }) => name)).toEqual([
      "failing",
      "degraded",
      "ok",
    ]);
  });

  test("figures keep three digits, or say their unit where their name does", () => {
    expect(againstThreshold({ value: 0.08321, threshold: 0.05 })).toBe(
      "0.0832 against 0.05",
    );
    expect(againstThreshold({ value: null, threshold: 1000 })).toBe(
      "– against 1,000",
    );
    expect(probeFigure("free_bytes", 851_443_712)).toEqual({
      name: "free",
      value: "812 MiB",
    });
    expect(probeFigure("last_round_ms_ago", 12_031)).toEqual({
      name: "last round ago",
      value: "12 s",
    });
    expect(probeFigure("bytes", 5)).toEqual({ name: "bytes", value: "5" });
    expect(probeFigure("last_failure", null).value).toBe("–");
    expect(probeFigure("path_bytes", "words").value).toBe("words");
  });
});

describe("sessions and instances", () => {
  const session = (more: Partial<SessionView>): SessionView => ({
    id: "s",
    name: null,
    mode: "flowing",
    opened_at: 0,
    closed_at: null,
    last_used_at: null,
    in_flight: 0,
    tasks_last_minute: 12,
    usual_per_minute: 4,
    state_bytes: 0,
    state_version: 0,
    ...more,
  });

  test("a session is compared with itself", () => {
    expect(loadFactor(session({}))).toBe(3);
    expect(loadFactor(session({ usual_per_minute: null }))).toBeNull();
    expect(loadFactor(session({ usual_per_minute: 0 }))).toBeNull();
    expect(rateWords(session({}))).toBe("12 a minute, usually 4");
    expect(rateWords(session({ usual_per_minute: null }))).toBe("12 a minute");
  });

  test("closed ones are in no mode", () => {
    expect(
      modeCounts([
        session({}),
        session({ mode: "surging" }),
        session({ closed_at: 5 }),
      ]),
    ).toEqual({ surging: 1, flowing: 1, warming: 0, resting: 0 });
  });

  test("a late heartbeat is marked before the others give the instance up", () => {
    expect([900, 10_000, 30_000].map(heartbeatTone)).toEqual([
      "",
      "warn-text",
      "bad-text",
    ]);
    expect(slotShare({ share: 2, max_workers: 8 })).toBe(0.25);
    expect(slotShare({ share: 0, max_workers: 0 })).toBeNull();
    expect(endWords("died")).toContain("went back");
    expect(endWords("vanished")).toBe("");
  });
});
