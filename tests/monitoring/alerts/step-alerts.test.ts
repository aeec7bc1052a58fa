import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ALERT_LIMITS } from "../../../flow-balancer/core/alert-limits.ts";
import type { AlertFacts } from "../../../monitoring/alerts/alert-facts.ts";
import {
  activeRules,
  NO_ALERTS,
  stepAlerts,
  type AlertChange,
  type AlertsState,
} from "../../../monitoring/alerts/step-alerts.ts";
import { alertFacts } from "../../support/health-facts-given.ts";

const LOOK_MS = 5_000;
const RULES = activeRules({ rules: {} });
const { threshold, clear, holdMs } = ALERT_LIMITS.error_rate;

/** Looks every 5 s, with time and facts of its own. */
class Fold {
  state: AlertsState = NO_ALERTS;
  readonly changes: AlertChange[] = [];
  #now = 0;

  look(facts: Partial<AlertFacts>, afterMs = LOOK_MS): void {
    this.#now += afterMs;
    const given = alertFacts({ at: 1_000_000 + this.#now, ...facts });
    const { state, changes } = stepAlerts(this.state, RULES, given, this.#now);
    this.state = state;
    this.changes.push(...changes);
  }

  looks(times: number, facts: Partial<AlertFacts>): void {
    for (let look = 0; look < times; look++) this.look(facts);
  }

  get told(): string[] {
    return this.changes.map(({ alert }) => `${alert.rule} ${alert.state}`);
  }

  get shown(): string[] {
    return [...this.state.alerts.values()].map(
      ({ view }) => `${view.rule} ${view.state}`,
    );
  }
}

const errors = (share: number, ended = 100): Partial<AlertFacts> => ({
  recent: {
    ...alertFacts().recent!,
    ended,
    failed: Math.round(share * ended),
    worst: { kind: "shell", failed: Math.round(share * ended) },
  },
});

describe("an alert", () => {
  test("is pending until it held for the hold time, fires once, clears under the clear limit, and is shown for a while", () => {
    const fold = new Fold();
    fold.look(errors(threshold));
    expect(fold.shown).toEqual(["error_rate pending"]);
    fold.looks(holdMs / LOOK_MS - 1, errors(threshold));
    expect(fold.told).toEqual([]);
    fold.look(errors(0.5));
    expect(fold.told).toEqual(["error_rate firing"]);
    expect(fold.changes[0]?.alert).toMatchObject({
      severity: "warning",
      value: 0.5,
      threshold,
      since: 1_000_000 + LOOK_MS + holdMs,
    });
    expect(fold.changes[0]?.alert.summary).toBe(
      "50 of 100 attempts of the last 5 min (50%) ended wrongly, 50 of them of kind 'shell' (fires at or above 30%, clears at 20%). Run 'flow-balancer tasks list --state failed' and look at one with 'flow-balancer explain <task>'.",
    );
    fold.looks(3, errors(clear + 0.01));
    expect(fold.shown).toEqual(["error_rate firing"]);
    fold.look(errors(clear));
    expect(fold.told).toEqual(["error_rate firing", "error_rate cleared"]);
    expect(fold.changes[1]?.alert.summary).toMatch(/^20 of 100 .*at 20%\)\.$/);
    fold.looks(119, {});
    expect(fold.shown).toEqual(["error_rate cleared"]);
    fold.looks(1, {});
    expect(fold.shown).toEqual([]);
  });

  test("that does not hold at every look begins again", () => {
    const fold = new Fold();
    for (let again = 0; again < 5; again++) {
      fold.looks(holdMs / LOOK_MS, errors(0.9));
      fold.look(errors(threshold - 0.01));
    }
    expect(fold.told).toEqual([]);
  });

  test("of a rate never fires on thin evidence, and clears when there is hardly any left", () => {
    const fold = new Fold();
    fold.looks(100, errors(1, 19));
    expect(fold.shown).toEqual([]);
    fold.looks(13, errors(1, 20));
    expect(fold.told).toEqual(["error_rate firing"]);
    fold.looks(5, errors(1, 10));
    expect(fold.told).toHaveLength(1);
    fold.look(errors(1, 9));
    expect(fold.told).toEqual(["error_rate firing", "error_rate cleared"]);
  });

  test("is neither fired nor cleared by what could not be found out", () => {
    const fold = new Fold();
    fold.looks(5, errors(1));
    fold.looks(20, { recent: null });
    expect(fold.shown).toEqual(["error_rate pending"]);
    fold.looks(8, errors(1));
    fold.looks(20, { recent: null });
    expect(fold.told).toEqual(["error_rate firing"]);
  });

  test("does not fire for a time in which nobody looked", () => {
    const fold = new Fold();
    fold.look(errors(1));
    fold.look(errors(1), 8 * 3_600_000);
    expect(fold.shown).toEqual(["error_rate pending"]);
  });

  test("fires below its limit where less is worse", () => {
    const fold = new Fold();
    const free = (freeBytes: number) => ({ disk: { freeBytes } });
    fold.looks(3, free(ALERT_LIMITS.disk.threshold));
    expect(fold.told).toEqual(["disk firing"]);
    fold.look(free(ALERT_LIMITS.disk.clear - 1));
    expect(fold.told).toHaveLength(1);
    fold.look(free(ALERT_LIMITS.disk.clear));
    expect(fold.told).toEqual(["disk firing", "disk cleared"]);
  });

  test("goes by the limits a person set", () => {
    const [own] = activeRules({
      rules: { error_rate: { threshold: 0.9, clear: null, holdMs: 0 } },
    });
    expect(own?.limits).toEqual({
      fires: "above",
      threshold: 0.9,
      clear: 0.6000000000000001,
      holdMs: 0,
    });
  });
});

const look = fc.record({
  share: fc.constantFrom(0, 0.1, 0.2, 0.25, 0.3, 0.6, 1),
  ended: fc.constantFrom(0, 9, 10, 19, 20, 200),
  known: fc.boolean(),
  afterMs: fc.constantFrom(0, 4_000, 5_000, 15_000, 60_000),
});

test("property: fires only after an unbroken hold, clears only with a reason, and the two alternate", () => {
  fc.assert(
    fc.property(fc.array(look, { maxLength: 80 }), (looks) => {
      const fold = new Fold();
      /** For how long, as far as somebody looked, it was beyond the threshold. */
      let heldMs: number | null = null;
      for (const { share, ended, known, afterMs } of looks) {
        const before = fold.told.length;
        fold.look(known ? errors(share, ended) : { recent: null }, afterMs);
        const [change, ...more] = fold.changes.slice(before);
        expect(more).toEqual([]);
        const isHigh = ended >= 20 && Math.round(share * ended) / ended >= 0.3;
        if (known)
          heldMs = isHigh ? (heldMs ?? -Math.min(afterMs, 15_000)) : null;
        if (heldMs !== null) heldMs += Math.min(afterMs, 15_000);
        if (change?.alert.state === "firing") {
          expect(known).toBe(true);
          expect(heldMs).toBeGreaterThanOrEqual(holdMs);
        }
        if (change?.alert.state === "cleared") {
          expect(known).toBe(true);
          expect(ended < 10 || Math.round(share * ended) / ended <= clear).toBe(
            true,
          );
        }
      }
      for (const [nth, told] of fold.told.entries())
        expect(told).toBe(
          nth % 2 === 0 ? "error_rate firing" : "error_rate cleared",
        );
    }),
    { seed: 6, numRuns: 400 },
  );
});
