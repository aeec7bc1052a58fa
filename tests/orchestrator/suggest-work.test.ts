import { expect, test } from "bun:test";
import fc from "fast-check";
import { taskId } from "../../flow-balancer/core/ids.ts";
import type {
  Candidate,
  WorkQuestion,
} from "../../flow-balancer/core/suggest-work.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import { suggestWork } from "../../orchestrator/routing/suggest-work.ts";

const NOW = 1_700_000_000_000 as EpochMs;
const HOUR_MS = 3_600_000;

const candidate = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  id: taskId(name),
  title: name,
  weight: 2,
  priority: 0,
  submittedAt: NOW,
  capabilities: [],
  waiters: 0,
  ...more,
});

const ask = (
  candidates: readonly Candidate[],
  more: Partial<WorkQuestion> = {},
) =>
  suggestWork({
    candidates,
    declared: [],
    records: [],
    load: { activeWeight: 0, capacity: 30 },
    past: [],
    now: NOW,
    ...more,
  });

const order = (...args: Parameters<typeof ask>): string[] =>
  ask(...args).suggestions.map(({ title }) => title);

test("priority goes first, and what waited for hours rises by a step each", () => {
  expect(
    order([
      candidate("low", { priority: -1 }),
      candidate("plain"),
      candidate("high", { priority: 2 }),
      candidate("old", { submittedAt: (NOW - 5 * HOUR_MS) as EpochMs }),
    ]),
  ).toEqual(["old", "high", "plain", "low"]);
  // A clock that was set back makes nothing younger than new.
  const early = candidate("early", {
    submittedAt: (NOW + HOUR_MS) as EpochMs,
  });
  expect(ask([early]).suggestions[0]?.score).toBe(0);
});

test("work that others wait for goes before work that nobody waits for, and says how many wait", () => {
  const { suggestions } = ask([
    candidate("leaf"),
    candidate("gate", { waiters: 1 }),
    candidate("hub", { waiters: 100 }),
  ]);
  expect(suggestions.map(({ title, reasons }) => [title, reasons[0]])).toEqual([
    ["hub", "100 or more others wait for it"],
    ["gate", "1 other waits for it"],
    ["leaf", "priority 0"],
  ]);
});

test("a needed capability that is neither declared nor proven is an obstacle that names it", () => {
  const items = [candidate("ship", { capabilities: ["bun", "no\nlines"] })];
  expect(ask(items, { declared: ["bun"] })).toEqual({
    suggestions: [],
    obstacles: [
      {
        id: taskId("ship"),
        title: "ship",
        reason:
          "needs 'no\\nlines', which you have neither declared nor proven",
      },
    ],
  });
  expect(order(items, { declared: null })).toEqual(["ship"]);
  const proven = { capability: "no\nlines", successes: 1, failures: 9 };
  expect(order(items, { declared: ["bun"], records: [proven] })).toEqual([
    "ship",
  ]);
});

test("what a claimer proved raises its score, what it failed at lowers it, and few runs are said to be few", () => {
  const items = ["good", "new", "bad"].map((name) =>
    candidate(name, { capabilities: [name] }),
  );
  const { suggestions } = ask(items, {
    declared: ["good", "new", "bad"],
    records: [
      { capability: "bad", successes: 0, failures: 3 },
      { capability: "good", successes: 9, failures: 1 },
    ],
  });
  expect(suggestions.map(({ title }) => title)).toEqual(["good", "new", "bad"]);
  const reasons = suggestions.map((it) => it.reasons.join("; "));
  expect(reasons[0]).toContain("'good': 9 of 10 of yours stood the check");
  expect(reasons[0]).not.toContain("too few");
  expect(reasons[1]).toContain("'new': declared, not proven yet");
  expect(reasons[2]).toContain("0 of 3 of yours stood the check (too few");
});

test("little load prefers heavy work, much load leaves only small work, and none goes beyond the capacity", () => {
  const items = [3, 4, 9].map((weight) => candidate(`w${weight}`, { weight }));
  const at = (activeWeight: number) =>
    order(items, { load: { activeWeight, capacity: 30 } });
  expect(at(8)).toEqual(["w9", "w3", "w4"]);
  expect(at(9)).toEqual(["w3", "w4", "w9"]);
  expect(at(24)).toEqual(["w3", "w4"]);
  expect(at(25)).toEqual(["w3"]);
  expect(at(28)).toEqual([]);
  const { obstacles } = ask(items, {
    load: { activeWeight: 25, capacity: 30 },
  });
  expect(obstacles.map(({ reason }) => reason)).toEqual([
    "weight 4 is not offered above 80 % of your capacity, only up to 3: you have 25 of 30 in hand",
    "weight 9 is too heavy for what is left: you have 25 of 30 in hand",
  ]);
});

test("of two alike the shorter goes first, but only with enough evidence", () => {
  const items = [
    candidate("long", { weight: 5 }),
    candidate("short", { weight: 4 }),
  ];
  const past = (n: number) =>
    [5, 4].flatMap((weight) =>
      Array.from({ length: n }, () => ({
        weight,
        capabilities: ["other"],
        runMs: weight === 5 ? 2 * HOUR_MS : 60_000,
      })),
    );
  expect(order(items, { past: past(5) })).toEqual(["short", "long"]);
  const thin = ask(items, { past: past(4) }).suggestions;
  expect(thin.map(({ title }) => title)).toEqual(["long", "short"]);
  expect(thin[0]?.reasons).toContain(
    "about 2 h by 4 like it (too few to tell)",
  );
});

test("whatever is asked: each candidate comes back once, in the order of its score, and within the load", () => {
  const anyCandidate = fc
    .record({
      weight: fc.integer({ min: 1, max: 10 }),
      priority: fc.integer({ min: -10, max: 10 }),
      submittedAt: fc
        .integer({ min: -9, max: 9 })
        .map((hours) => (NOW + hours * HOUR_MS) as EpochMs),
      capabilities: fc.subarray(["a", "b", "__proto__"]),
      waiters: fc.nat(100),
    })
    .map((it) => candidate("", it));
  fc.assert(
    fc.property(
      fc.array(anyCandidate, { maxLength: 8 }),
      fc.record({
        activeWeight: fc.nat(60),
        capacity: fc.integer({ min: 1, max: 60 }),
      }),
      fc.subarray(["a", "b", "__proto__"]),
      (anonymous, load, declared) => {
        const items = anonymous.map((it, at) => ({
          ...it,
          id: taskId(`${at}`),
        }));
        const { suggestions, obstacles } = ask(items, { load, declared });
        expect(
          [...suggestions, ...obstacles].map(({ id }) => id).sort(),
        ).toEqual(items.map(({ id }) => id).sort());
        const scores = suggestions.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        for (const { id, weight } of suggestions) {
          expect(
            load.activeWeight === 0 ||
              load.activeWeight + weight <= load.capacity,
          ).toBe(true);
          const needs = items.find((it) => it.id === id)?.capabilities ?? [];
          expect(needs.every((name) => declared.includes(name))).toBe(true);
        }
      },
    ),
  );
});
