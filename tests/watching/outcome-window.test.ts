import { expect, test } from "bun:test";
import fc from "fast-check";
import { percentile } from "../../flow-balancer/core/stats.ts";
import type { Store } from "../../flow-balancer/store/database.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { LogHistogram } from "../../flow-balancer/watching/log-histogram.ts";
import { OutcomeWindow } from "../../flow-balancer/watching/outcome-window.ts";
import { FakeEnv } from "../support/fake-env.ts";

const add = (
  { raw }: Store,
  at: number,
  more: { state?: string; tier?: string | null; runMs?: number | null } = {},
): void => {
  const { state = "completed", tier = "warm", runMs = 10 } = more;
  raw.run(
    "INSERT INTO outcomes (kind, state, tier, wait_ms, start_ms, run_ms, attempt, settled_at) VALUES ('shell', ?, ?, 1, NULL, ?, 1, ?)",
    [state, tier, runMs, at],
  );
};

function newWindow() {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  return { env, store, window: new OutcomeWindow(store.raw, () => env.now()) };
}

test("quantiles are within 1% of the exact ones, also of histograms that were added up", () => {
  const shares = [0.01, 0.5, 0.95, 0.99, 1];
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.011, max: 1e7, noNaN: true }), {
        minLength: 1,
        maxLength: 200,
      }),
      fc.nat(200),
      (sample, cut) => {
        const whole = new LogHistogram();
        const rest = new LogHistogram();
        for (const ms of sample.slice(0, cut)) whole.add(ms);
        for (const ms of sample.slice(cut)) rest.add(ms);
        whole.addAll(rest);
        const sorted = [...sample].sort((a, b) => a - b);
        expect(whole.n).toBe(sample.length);
        for (const [at, found] of whole.quantiles(shares).entries()) {
          const exact = percentile(sorted, shares[at]!);
          // Figures are to the microsecond.
          expect(Math.abs(found! - exact)).toBeLessThanOrEqual(
            exact * 0.0101 + 0.0005,
          );
        }
      },
    ),
    { seed: 6 },
  );
  expect(new LogHistogram().quantiles([0.5])).toEqual([null]);
});

test("what ended in the window, by how it ended and where it ran; what is older does not count", async () => {
  const { env, store, window } = newWindow();
  const now = env.now();
  add(store, now - 400_000, { state: "failed" });
  add(store, now - 200_000, { state: "failed", tier: "cold" });
  add(store, now - 100_000, { state: "cancelled", tier: null, runMs: null });
  for (let n = 1; n <= 10; n++) add(store, now - 1_000, { runMs: n * 100 });
  await window.caughtUp();
  const { sum, knownMs } = window.sum(300_000);
  expect(sum).toMatchObject({ settled: 12, failed: 1, cancelled: 1 });
  expect(sum.tiers).toEqual({ hot: 0, warm: 10, cold: 1 });
  expect([sum.wait.n, sum.start.n, sum.run.n]).toEqual([12, 0, 11]);
  expect(knownMs).toBeGreaterThan(290_000);
  expect(knownMs).toBeLessThanOrEqual(300_000);
  store.raw.close();
});

test("each outcome counts once, however often and whenever it is looked for", async () => {
  const { env, store, window } = newWindow();
  add(store, env.now());
  await Promise.all([window.caughtUp(), window.caughtUp()]);
  for (let n = 0; n < 4_500; n++) add(store, env.now());
  await Promise.all([window.caughtUp(), window.caughtUp()]);
  await window.caughtUp();
  expect(window.sum(300_000).sum.settled).toBe(4_501);
  // By a clock that is ahead of ours.
  add(store, env.now() + 60_000);
  await window.caughtUp();
  expect(window.sum(300_000).sum.settled).toBe(4_502);
  env.advance(400_000);
  await window.caughtUp();
  expect(window.sum(300_000).sum.settled).toBe(0);
  store.raw.close();
});

test("it looks back for an hour, or 200,000 outcomes, and says how far it knows", async () => {
  const { env, store, window } = newWindow();
  const now = env.now();
  const { raw } = store;
  raw.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 210000)
     INSERT INTO outcomes (kind, state, attempt, settled_at, run_ms) SELECT 'k', 'completed', 1, ?1 - (210000 - i) / 1000 * 1000, 5 FROM n`,
    [now],
  );
  await window.caughtUp();
  const { sum, knownMs } = window.sum(300_000);
  // 1,000 a second, so the last 200 s are known.
  expect(sum.settled).toBe(200_000);
  expect(knownMs).toBe(199_000);
  const step = Math.floor(now / 5_000) * 5_000;
  expect(window.at(step - 300_000)).toBeNull();
  expect(window.at(step - 5_000)?.settled).toBe(5_000);
  store.raw.close();
});
