import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  decisionText,
  decisionView,
  explainDecision,
  parseDecision,
  WAYS,
} from "../../flow-balancer/core/explain-decision.ts";
import type { Decision, Way } from "../../flow-balancer/core/task.ts";

const decision = (more: Partial<Decision> = {}): Decision => ({
  way: "bare_idle",
  predicted: { waitMs: 0, startMs: 60, runMs: 100 },
  instead: "own_busy",
  insteadMs: 212.4,
  priceMs: 40,
  ...more,
});

test("a decision explains itself in a sentence, with the numbers it went by", () => {
  expect(explainDecision(decision())).toBe(
    "an idle worker that must load the kind: 160 ms expected (wait 0, start 60, run 100); next best, the busy worker of its session: 212 ms; leaving its session's worker is priced at 40 ms",
  );
  const alone = { instead: null, insteadMs: null, priceMs: 0 };
  expect(
    explainDecision(
      decision({
        ...alone,
        way: "own_idle",
        predicted: { waitMs: 1.26, startMs: 0, runMs: 0.04 },
      }),
    ),
  ).toBe(
    "an idle worker of its session: 1.3 ms expected (wait 1.3, start 0, run 0)",
  );
  expect(explainDecision(decision({ ...alone, priceMs: null }))).toEndWith(
    "; its session stays on its worker",
  );
});

test("programs are told the same, to the microsecond", () => {
  expect(decisionView(decision({ insteadMs: 1.23456, priceMs: null }))).toEqual(
    {
      way: "bare_idle",
      predicted: { wait_ms: 0, start_ms: 60, run_ms: 100 },
      instead: "own_busy",
      instead_ms: 1.235,
      price_ms: null,
      why: expect.stringContaining("must load the kind"),
    },
  );
});

const way = fc.constantFrom(...(Object.keys(WAYS) as Way[]));
const ms = fc.double({ min: 0, max: 1e9, noNaN: true }).map((n) => n + 0);
const anyDecision: fc.Arbitrary<Decision> = fc
  .record({
    way,
    predicted: fc.record({ waitMs: ms, startMs: ms, runMs: ms }),
    instead: fc.option(way),
    insteadMs: fc.option(ms),
    priceMs: fc.option(ms),
  })
  // As plain objects compare.
  .map((it) => structuredClone(it));

test("what is written is read again, to the microsecond", () => {
  const fine = <Ms extends number | null>(it: Ms): Ms =>
    (it === null ? null : Math.round(it * 1_000) / 1_000) as Ms;
  fc.assert(
    fc.property(anyDecision, (it) => {
      const { waitMs, startMs, runMs } = it.predicted;
      const text = decisionText(it);
      expect(parseDecision(text)).toEqual({
        ...it,
        predicted: {
          waitMs: fine(waitMs),
          startMs: fine(startMs),
          runMs: fine(runMs),
        },
        insteadMs: fine(it.insteadMs),
        priceMs: fine(it.priceMs),
      });
      expect(parseDecision(text.slice(0, -1))).toBeNull();
    }),
  );
});

test("what was written by name is read, and damage reads as nothing, never as an error", () => {
  fc.assert(
    fc.property(anyDecision, (it) => {
      const text = JSON.stringify(it);
      expect(parseDecision(text)).toEqual(it);
      expect(parseDecision(text.slice(0, -1))).toBeNull();
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      expect(parseDecision(text)).toBeNull();
    }),
  );
  for (const damaged of [
    null,
    "",
    "null",
    "[]",
    '["spawn"]',
    '["spawn",1,"2",3,null,null,null]',
    '["constructor",1,2,3,null,null,null]',
    JSON.stringify({ ...decision(), way: "constructor" }),
    JSON.stringify({ ...decision(), predicted: { waitMs: "0" } }),
  ])
    expect(parseDecision(damaged)).toBeNull();
});
