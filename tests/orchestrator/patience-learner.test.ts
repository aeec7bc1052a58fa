import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  MAX_CLIENTS,
  PatienceLearner,
} from "../../orchestrator/learning/patience-learner.ts";

const KNOWN_MS = 50_000;

interface Wait {
  readonly ms: number;
  readonly gaveUp: boolean;
}
const gaveUp = (...all: number[]): Wait[] =>
  all.map((ms) => ({ ms, gaveUp: true }));
const answered = (...all: number[]): Wait[] =>
  all.map((ms) => ({ ms, gaveUp: false }));

const learnt = (waits: readonly Wait[]): PatienceLearner => {
  const learner = PatienceLearner.empty();
  for (const wait of waits) learner.observeWait("agent", wait.ms, wait.gaveUp);
  return learner;
};
/** Trials apart. */
const limitAfter = (waits: readonly Wait[]): number =>
  PatienceLearner.restore(learnt(waits).snapshot()).patienceMs(
    "agent",
    KNOWN_MS,
  );

/** Fewer than are remembered whole. */
const waits = fc.array(
  fc.record({
    ms: fc.oneof(
      fc.double({ min: 1, max: 100_000, noNaN: true }),
      fc.double({ min: 1_450, max: 1_600, noNaN: true }),
    ),
    gaveUp: fc.boolean(),
  }),
  { maxLength: 30 },
);

describe("a client that gives up", () => {
  test("three times after about the same time is answered before that", () => {
    const limit = limitAfter(gaveUp(1_500, 1_504, 1_511));
    expect(limit).toBeGreaterThan(1_000);
    expect(limit).toBeLessThanOrEqual(1_250);
  });

  test("is left a tenth of a long limit", () => {
    const limit = limitAfter(gaveUp(30_000, 30_010, 30_002));
    expect(limit).toBeGreaterThan(25_000);
    expect(limit).toBeLessThanOrEqual(27_000);
  });

  test("twice, or after times of its own each, is left alone", () => {
    expect(limitAfter(gaveUp(1_500, 1_504))).toBe(KNOWN_MS);
    expect(limitAfter(gaveUp(1_500, 4_000, 9_000, 20_000))).toBe(KNOWN_MS);
    expect(limitAfter(gaveUp(100, 110, 120, 130))).toBe(KNOWN_MS);
  });

  test("seldom, of the many calls that waited as long, is left alone", () => {
    const rest = Array.from({ length: 20 }, () => 5_000);
    expect(
      limitAfter([...gaveUp(2_000, 2_000, 2_000), ...answered(...rest)]),
    ).toBe(KNOWN_MS);
    // Short answers say nothing of those who wait longer.
    const short = rest.map(() => 1_000);
    expect(
      limitAfter([...gaveUp(2_000, 2_000, 2_000), ...answered(...short)]),
    ).toBeLessThan(2_000);
  });

  test("sooner than it used to is followed, however long it was patient", () => {
    const long = Array.from({ length: 2_000 }, () => 40_000);
    const now = Array.from({ length: 40 }, () => 10_000);
    expect(limitAfter(answered(...long))).toBe(KNOWN_MS);
    expect(limitAfter([...answered(...long), ...gaveUp(...now)])).toBeLessThan(
      10_000,
    );
  });

  test("later than it is answered anyhow changes nothing", () => {
    const later = gaveUp(60_000, 60_000, 60_000);
    expect(limitAfter(later)).toBe(KNOWN_MS);
  });

  test("is known by any spelling of its name, and no other with it", () => {
    const learner = PatienceLearner.empty();
    for (const name of ["Big Agent", "big_agent", "big-agent"])
      learner.observeWait(name, 1_500, true);
    expect(learner.patienceMs("BIG AGENT", KNOWN_MS)).toBeLessThan(1_500);
    expect(learner.patienceMs("agent", KNOWN_MS)).toBe(KNOWN_MS);
  });
});

describe("a trial", () => {
  /** Calls of a client with a limit, each of which would take for ever: how many it gave up. */
  function live(learner: PatienceLearner, calls: number, limitMs: number) {
    let lost = 0;
    for (let call = 0; call < calls; call++) {
      const patienceMs = learner.patienceMs("agent", KNOWN_MS);
      const isLost = patienceMs > limitMs;
      if (isLost) lost++;
      learner.observeWait("agent", Math.min(patienceMs, limitMs), isLost);
    }
    return lost;
  }

  test("costs a client with a limit ever fewer calls", () => {
    const learner = PatienceLearner.empty();
    expect(live(learner, 3, 1_500)).toBe(3);
    expect(live(learner, 32, 1_500)).toBe(0);
    // After 32, 64, 128, 256, 512 and 1024 calls.
    expect(live(learner, 2_100, 1_500)).toBe(6);
    expect(live(learner, 10_000, 1_500)).toBeLessThanOrEqual(10);
  });

  test("finds out that a limit is gone, and gives back the whole patience", () => {
    const learner = PatienceLearner.empty();
    live(learner, 3, 1_500);
    expect(live(learner, 60, Infinity)).toBe(0);
    expect(learner.patienceMs("agent", KNOWN_MS)).toBe(KNOWN_MS);
    expect(learner.explain("agent", KNOWN_MS)[0]).toContain("thin evidence");
  });

  test("is one call at a time, and another's if that was short", () => {
    const learner = learnt(gaveUp(1_500, 1_500, 1_500));
    live(learner, 32, 1_500);
    const ask = () => learner.patienceMs("agent", KNOWN_MS);
    expect(ask()).toBe(KNOWN_MS);
    expect(ask()).toBeLessThan(1_500);
    learner.observeWait("agent", 20, false);
    expect(ask()).toBe(KNOWN_MS);
    learner.observeWait("agent", 1_500, true);
    expect(ask()).toBeLessThan(1_500);
  });
});

describe("what is learned", () => {
  test("depends on no order", () => {
    fc.assert(
      fc.property(
        waits.chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length }),
          ),
        ),
        ([all, mixed]) => {
          expect(learnt(mixed).snapshot()).toEqual(learnt(all).snapshot());
        },
      ),
    );
  });

  test("of two is what one would have learned of all", () => {
    fc.assert(
      fc.property(waits, waits, (mine, theirs) => {
        const learner = learnt(mine);
        learner.merge(learnt(theirs).snapshot());
        expect(learner.snapshot()).toEqual(
          learnt([...mine, ...theirs]).snapshot(),
        );
      }),
    );
  });

  test("comes back from JSON as it was", () => {
    fc.assert(
      fc.property(waits, (all) => {
        const snapshot = learnt(all).snapshot();
        const read: unknown = JSON.parse(JSON.stringify(snapshot));
        expect(PatienceLearner.restore(read).snapshot()).toEqual(snapshot);
      }),
    );
  });

  test("is never longer than what was known, nor too short for an answer", () => {
    fc.assert(
      fc.property(waits, (all) => {
        const limit = limitAfter(all);
        expect(limit).toBeLessThanOrEqual(KNOWN_MS);
        expect(limit).toBeGreaterThanOrEqual(250);
      }),
    );
  });

  test("gets no longer by a call given up sooner, and no shorter by one that was answered", () => {
    fc.assert(
      fc.property(
        waits,
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (all, part) => {
          const limit = limitAfter(all);
          const sooner = gaveUp(limit * part);
          expect(limitAfter([...all, ...sooner])).toBeLessThanOrEqual(limit);
          const more = answered(limit * part);
          expect(limitAfter([...all, ...more])).toBeGreaterThanOrEqual(limit);
        },
      ),
    );
  });

  test("is bounded, whatever clients call themselves; the one heard of last stays", () => {
    const learner = PatienceLearner.empty();
    for (let n = 0; n < 3 * MAX_CLIENTS; n++) {
      learner.observeWait("agent", 1_500, true);
      learner.observeWait(`${n} ${"x".repeat(1_000)}`, 3_600_000, true);
    }
    const { clients } = learner.snapshot();
    expect(clients).toHaveLength(MAX_CLIENTS);
    expect(JSON.stringify(clients).length).toBeLessThan(MAX_CLIENTS * 1_000);
    expect(learner.patienceMs("agent", KNOWN_MS)).toBeLessThan(1_500);
  });

  const of = (waits: object) => ({ version: 1, clients: [waits] });
  const many = Array.from({ length: 9_999 }, () => 1);
  test.each([
    ["nothing", null, "the snapshot is not an object"],
    ["another version", { version: 2, clients: [] }, "expected version 1"],
    ["no name", of({ client: 1 }), "clients[0].client"],
    [
      "less than nothing",
      of({ client: "a", reached: [1], gaveUp: [-1] }),
      "clients[0].gaveUp[0]",
    ],
    [
      "more given up than called",
      of({ client: "a", reached: [1], gaveUp: [2] }),
      "more calls were given up",
    ],
    [
      "too much",
      of({ client: "a", reached: many, gaveUp: many }),
      "clients[0].reached",
    ],
  ])("is not read from %s", (_, snapshot, message) => {
    expect(() => PatienceLearner.restore(snapshot)).toThrow(message);
  });
});

test("it says what it rests on, and when that is too little", () => {
  expect(learnt(gaveUp(1_500)).explain("agent", KNOWN_MS)).toEqual([
    "answered after 50.0 s at the latest: thin evidence, 1 call given up (3 after about the same time would be enough)",
  ]);
  expect(
    learnt([...answered(9_000), ...gaveUp(1_500, 1_500, 1_500)]).explain(
      "agent",
      KNOWN_MS,
    ),
  ).toEqual([
    "answered after 1.2 s at the latest, instead of 50.0 s",
    "given up after 1.5 s to 1.7 s: 3 of the 4 calls that waited so long (old ones count half)",
    "whether that still holds is tried once 32 calls more were answered so early",
  ]);
});
