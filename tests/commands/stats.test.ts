import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { rate } from "../../flow-balancer/commands/rate.ts";
import { perCell, sparkline } from "../../flow-balancer/commands/sparkline.ts";
import {
  type Ended,
  workFigures,
} from "../../flow-balancer/commands/stats/work-figures.ts";
import { percentile } from "../../flow-balancer/core/stats.ts";
import { TERMINAL_STATES } from "../../flow-balancer/core/task.ts";
import { TIERS } from "../../flow-balancer/core/tier.ts";
import {
  stats,
  type StatsOptions,
} from "../../flow-balancer/store-commands/stats.ts";
import { Desk } from "./run-cli.ts";
import { StoredHome, terminal } from "./stored-home.ts";

const jsonOf = (home: StoredHome, options: StatsOptions = {}) =>
  JSON.parse(stats(options, home.where, "json").data);

/** `count` attempts a second apart, the last now. */
const outcomes = (
  home: StoredHome,
  count: number,
  more: Readonly<Record<string, string | number | null>> = {},
): Promise<void> =>
  home.insert(
    "outcomes",
    ...Array.from({ length: count }, (_, i) => ({
      kind: "build",
      state: "completed",
      tier: "warm",
      wait_ms: 1,
      start_ms: 3,
      run_ms: 100 + i,
      attempt: 1,
      settled_at: home.env.now() - 1_000 * (count - 1 - i),
      ...more,
    })),
  );

describe("flow-balancer stats", () => {
  test("tells what ended, how and how fast, in all and by kind", async () => {
    using home = new StoredHome();
    await outcomes(home, 100);
    await outcomes(home, 4, { kind: "shell", state: "failed", tier: "cold" });
    await outcomes(home, 1, { state: "timed_out", run_ms: 90_000 });
    await outcomes(home, 1, {
      state: "cancelled",
      tier: null,
      run_ms: null,
      wait_ms: null,
      start_ms: null,
    });
    const all = jsonOf(home, { since: "10min" });
    expect(all).toMatchObject({
      schema: 1,
      window_ms: 600_000,
      n: 106,
      throughput_per_s: 106 / 600,
      states: { completed: 100, failed: 4, timed_out: 1, cancelled: 1 },
      failed: 5,
      tier_hits: { hot: 0, warm: 101, cold: 4 },
      cold_start_share: 4 / 105,
      // A run that was cut off has no length of its own.
      run: { n: 104, p50_ms: 147, p99_ms: 198 },
      wait: { n: 105, p50_ms: 1 },
      thin: null,
    });
    expect(
      all.kinds.map((it: { kind: string; n: number }) => [it.kind, it.n]),
    ).toEqual([
      ["build", 102],
      ["shell", 4],
    ]);
    expect(all.kinds[1]).toMatchObject({
      failed_share: 1,
      cold_start_share: 1,
      run: { n: 4, p95_ms: null, p99_ms: null },
      thin: "4 runs, not enough",
    });
    const { data } = stats({ since: "10min" }, home.where, terminal());
    expect(data).toContain("ended       106 attempts, 11/min");
    expect(data).toContain(
      "failed      5 (4.7%): 4 failed, 1 timed out, 1 cancelled",
    );
    expect(data).toContain(
      "found       hot 0 (0%), warm 101 (96%), cold 4 (3.8%)",
    );
    expect(data).toMatch(/\nshell +4 .*100%.* 4 runs, not enough$/);
  });

  test("takes an hour unless told otherwise, and one kind if told", async () => {
    using home = new StoredHome();
    await outcomes(home, 2);
    home.env.advance(3_590_000);
    await outcomes(home, 1, { kind: "shell" });
    expect(jsonOf(home)).toMatchObject({ n: 3, window_ms: 3_600_000 });
    expect(jsonOf(home, { since: "1min" }).n).toBe(1);
    expect(jsonOf(home, { kind: "build" }).n).toBe(2);
    home.env.advance(10_500);
    expect(jsonOf(home).n).toBe(1);
  });

  test("finds what ended in the window though a later commit stands before it", async () => {
    using home = new StoredHome();
    const settled_at = home.env.now() - 70_000;
    await outcomes(home, 1);
    await outcomes(home, 1, { settled_at });
    await outcomes(home, 1);
    expect(jsonOf(home, { since: "60s" }).n).toBe(2);
  });

  test("says where the evidence is thin or the window is not full", async () => {
    using home = new StoredHome();
    await outcomes(home, 3);
    const { notes } = stats({}, home.where, terminal());
    expect(notes).toEqual([
      "Thin evidence: 3 runs, not enough.",
      "The first outcome that is kept is of 2 s ago (22:13:18): the window is not full.",
    ]);
  });

  test("says what was meant with a kind or a time that is not there", async () => {
    using home = new StoredHome();
    await outcomes(home, 3);
    const said = (options: StatsOptions) =>
      stats(options, home.where, terminal()).notes;
    expect(said({ kind: "biuld" })).toEqual([
      "No task of kind 'biuld' ended in the last 60 min; did you mean 'build'?",
    ]);
    expect(said({ kind: "shel" })?.[0]).toEndWith("did you mean 'shell'?");
    for (const since of ["soon", "2999-01-01", "0"])
      expect(() => said({ since })).toThrow("--since");
  });

  test("answers for a home without a store, and for one of the first version", async () => {
    using desk = new Desk();
    const nothing = await desk.run(["stats"]);
    expect(nothing).toMatchObject({ code: 0, stdout: "" });
    expect(nothing.stderr).toContain("Nothing ended in the last 60 min");
    expect(
      JSON.parse((await desk.run(["stats", "--json"])).stdout),
    ).toMatchObject({ schema: 1, n: 0, kept_since: null, kinds: [] });
    using home = new StoredHome();
    home.writeOld();
    expect(jsonOf(home).n).toBe(0);
  });
});

const ended = fc.record<Ended>({
  kind: fc.constant("k"),
  state: fc.constantFrom(...TERMINAL_STATES),
  tier: fc.option(fc.constantFrom(...TIERS)),
  waitMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  startMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  runMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  settledAt: fc.nat(),
});

describe("figures of work", () => {
  test("count every attempt once, and their percentiles are exact", () => {
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 150 }), (list) => {
        const it = workFigures(list);
        const counted = Object.values(it.states).reduce((a, b) => a + b, 0);
        expect([it.n, counted]).toEqual([list.length, list.length]);
        expect(it.failed).toBeLessThanOrEqual(it.n);
        if (it.efficiency !== null) {
          expect(it.efficiency).toBeGreaterThanOrEqual(0);
          expect(it.efficiency).toBeLessThanOrEqual(1 + 1e-9);
        }
        const runs = list
          .filter(
            ({ tier, state }) =>
              tier !== null && (state === "completed" || state === "failed"),
          )
          .flatMap(({ runMs }) => runMs ?? [])
          .sort((a, b) => a - b);
        expect(it.run.n).toBe(runs.length);
        expect(it.run.p95).toBe(
          runs.length < 20 ? null : percentile(runs, 0.95),
        );
        expect(it.run.p99).toBe(
          runs.length < 100 ? null : percentile(runs, 0.99),
        );
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  test("are drawn so that the most is the highest, and little is not nothing", () => {
    expect(sparkline([0, 1, 50, 100])).toBe(" ▁▄█");
    expect(sparkline([0, 0])).toBe("  ");
    expect(perCell([1, 49, 50, 100, 101, -1], 100, 100, 2)).toEqual([2, 2]);
  });

  test.each([
    [320, 100_000, "3.2/s"],
    [12, 60_000, "12/min"],
    [5, 3_600_000, "5.0/h"],
    [0, 1_000, "0.0/h"],
  ])("%d in %d ms are %s", (n, windowMs, said) => {
    expect(rate(n, windowMs)).toBe(said);
  });
});
