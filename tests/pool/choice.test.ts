import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import {
  choose,
  type Choice,
  type ChoiceContext,
} from "../../flow-balancer/pool/choice.ts";
import { Estimates } from "../../flow-balancer/pool/estimates.ts";
import type { Wish, WorkerView } from "../../flow-balancer/pool/worker-view.ts";

const of = (name: string) => name as SessionId;

/** Starting a process takes 40 ms, loading "k" 60 ms, running it 100 ms; what runs has run for its age. */
function learned(): Estimates {
  const estimates = new Estimates();
  for (let i = 0; i < 200; i++) {
    estimates.observeSpawn(40);
    for (const tier of ["hot", "warm", "cold"] as const)
      estimates.observe({
        kind: "k",
        tier,
        startMs: tier === "cold" ? 60 : 0,
        runMs: 100,
        status: "completed",
      });
  }
  return estimates;
}

const NOW = 1_000;
const times = learned();
const context = (more: Partial<ChoiceContext> = {}): ChoiceContext => ({
  now: NOW,
  times,
  canStart: false,
  waiting: 1,
  moveCostMs: 0,
  waitedMs: 0,
  ...more,
});
const worker = (more: Partial<WorkerView> = {}): WorkerView => ({
  state: "idle",
  session: null,
  holdsMemory: (more.session ?? null) !== null,
  reservedFor: null,
  loaded: new Set(),
  idleSince: 0,
  running: null,
  serving: more.session ?? null,
  busySince: 0,
  inFlight: 0,
  released: false,
  quarantined: false,
  ...more,
});
/** With about so much left of its 100 ms. */
const busy = (leftMs: number, more: Partial<WorkerView> = {}): WorkerView =>
  worker({
    state: "busy",
    running: "k",
    loaded: new Set(["k"]),
    busySince: NOW - 100 + leftMs,
    inFlight: 1,
    ...more,
  });
const wish = (more: Partial<Wish> = {}): Wish => ({
  session: null,
  kind: "k",
  inFlight: 1,
  affinity: "priced",
  usesMemory: true,
  ...more,
});
const loaded = new Set(["k"]);

const anySession = fc
  .constantFrom(null, "a", "b")
  .map((name) => name as SessionId | null);
const anyKind = fc.constantFrom("k", "l", "m");
const anyWorker: fc.Arbitrary<WorkerView> = fc
  .record({
    state: fc.constantFrom("starting", "idle", "idle", "busy", "retiring"),
    session: anySession,
    holdsMemory: fc.boolean(),
    reservedFor: fc.option(anyKind, { freq: 4 }),
    loaded: fc.subarray(["k", "l", "m"]).map((names) => new Set(names)),
    idleSince: fc.nat(NOW),
    running: anyKind,
    serving: anySession,
    busySince: fc.nat(NOW),
    inFlight: fc.integer({ min: 1, max: 4 }),
    released: fc.boolean(),
    quarantined: fc.boolean(),
  })
  .map((one) => ({
    ...one,
    session: one.state === "starting" ? null : one.session,
    holdsMemory:
      one.state !== "starting" && one.session !== null && one.holdsMemory,
    ...(one.state === "busy"
      ? { serving: one.holdsMemory ? one.session : one.serving }
      : { running: null, serving: null, inFlight: 0 }),
  }));
const anyWish: fc.Arbitrary<Wish> = fc.record({
  session: anySession,
  kind: anyKind,
  inFlight: fc.integer({ min: 1, max: 4 }),
  affinity: fc.constantFrom("priced", "strict"),
  usesMemory: fc.boolean(),
});
const anyContext = fc
  .record({ canStart: fc.boolean(), waiting: fc.integer({ min: 1, max: 9 }) })
  .map(context);

const isSafe = (one: WorkerView, wanted: Wish): boolean =>
  !one.released &&
  (one.reservedFor === null || one.reservedFor === wanted.kind) &&
  (!one.holdsMemory || one.session === wanted.session);

describe("the choice of a worker", () => {
  test("is safe: never another session's, never one kept for another kind, never beside what may not see it", () => {
    fc.assert(
      fc.property(
        anyWish,
        fc.array(anyWorker),
        anyContext,
        (wanted, workers, around) => {
          const choice = choose(wanted, workers, around);
          if (choice.type === "replace") {
            expect(choice.worker.state).toBe("idle");
            expect(isSafe(choice.worker, wanted)).toBe(false);
            expect(around.canStart).toBe(false);
          } else if (choice.type === "use") {
            expect(isSafe(choice.worker, wanted)).toBe(true);
            if (choice.worker.state === "idle") return;
            const { state, running, serving, inFlight, quarantined } =
              choice.worker;
            expect({ state, running, serving, quarantined }).toEqual({
              state: "busy",
              running: wanted.kind,
              serving: wanted.session,
              quarantined: false,
            });
            expect(inFlight).toBeLessThan(wanted.inFlight);
          } else if (choice.type === "wait_for") {
            expect(choice.worker).toMatchObject({
              state: "busy",
              session: wanted.session,
            });
            expect(wanted.session).not.toBe(null);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("leaves no worker idle that a task without a session could have, whatever else is there", () => {
    fc.assert(
      fc.property(
        anyWish,
        fc.array(anyWorker),
        anyContext,
        (wanted, workers, around) => {
          const plain = { ...wanted, session: null };
          const free = workers.some(
            (one) => one.state === "idle" && isSafe(one, plain),
          );
          if (free) expect(choose(plain, workers, around).type).toBe("use");
        },
      ),
      { numRuns: 500 },
    );
  });

  test("says hot for the session's own worker, warm where the kind is loaded, else cold, and predicts the load", () => {
    for (const [one, tier, startMs] of [
      [worker({ session: of("a"), loaded }), "hot", 0],
      [worker({ session: of("a") }), "hot", 60],
      [worker({ loaded }), "warm", 0],
      [worker(), "cold", 60],
    ] as const) {
      const choice = choose(wish({ session: of("a") }), [one], context());
      expect(choice).toMatchObject({ type: "use", worker: one, tier });
      expect(choice.predicted.waitMs).toBe(0);
      expect(choice.predicted.startMs).toBeCloseTo(startMs);
      expect(choice.predicted.runMs).toBeCloseTo(100);
    }
  });

  test("among idle ones by expected completion; among equals one kept for the kind, then the one used last", () => {
    const own = worker({ session: of("a"), loaded, idleSince: 1 });
    const kept = worker({ loaded, reservedFor: "k", idleSince: 2 });
    const warmer = worker({ loaded, idleSince: 9 });
    const warm = worker({ loaded, idleSince: 8 });
    const bare = worker({ idleSince: 99 });
    const all = [busy(1), bare, warm, own, warmer, kept];
    for (const expected of [own, kept, warmer, warm, bare]) {
      expect(choose(wish({ session: of("a") }), all, context())).toMatchObject({
        type: "use",
        worker: expected,
      });
      all.splice(all.indexOf(expected), 1);
    }
  });

  test("a session waits for its busy worker while that is cheaper than to load elsewhere and bind one more", () => {
    const bare = worker();
    const waits = (leftMs: number, more: Partial<ChoiceContext> = {}) =>
      choose(
        wish({ session: of("a") }),
        [busy(leftMs, { session: of("a") }), bare],
        context(more),
      );
    // Moving: 60 ms to load, and 40 ms for the process that must take its place.
    expect(waits(90)).toMatchObject({ type: "wait_for", way: "own_busy" });
    // Longer than any was seen to take: as long again is expected.
    expect(waits(-100)).toMatchObject({ type: "use", worker: bare });
    expect(waits(-100, { moveCostMs: 500 }).type).toBe("wait_for");
    const warm = worker({ loaded });
    const withWarm = (leftMs: number) =>
      choose(
        wish({ session: of("a") }),
        [busy(leftMs, { session: of("a") }), warm],
        context(),
      ).type;
    expect(withWarm(80)).toBe("use");
    expect(withWarm(10)).toBe("wait_for");
  });

  test("strict: a session that has a worker waits for it, one that has none takes any", () => {
    const mine = busy(-5_000, { session: of("a") });
    const strict = wish({ session: of("a"), affinity: "strict" });
    expect(
      choose(strict, [mine, worker({ loaded })], context({ canStart: true })),
    ).toMatchObject({ type: "wait_for", worker: mine });
    expect(choose(strict, [worker({ loaded })], context()).type).toBe("use");
  });

  test("a free lane of a worker that runs the kind is as good as an idle one that has it, better than a bare one", () => {
    const shared = busy(50, { inFlight: 2 });
    const many = wish({ inFlight: 3 });
    expect(choose(many, [worker(), shared], context())).toMatchObject({
      type: "use",
      worker: shared,
      way: "free_lane",
    });
    const idle = worker({ loaded });
    expect(choose(many, [shared, idle], context())).toMatchObject({
      worker: idle,
    });
    for (const full of [
      { ...shared, inFlight: 3 },
      { ...shared, quarantined: true },
    ])
      expect(choose(many, [full], context()).type).toBe("wait");
  });

  test("nobody free: says whether a start, one that is on its way, or a busy worker is expected first", () => {
    const starting = (sinceMs: number) =>
      worker({ state: "starting", idleSince: NOW - sinceMs });
    const predictsWait = (
      workers: readonly WorkerView[],
      way: string,
      waitMs: number,
    ) => {
      const choice = choose(wish(), workers, context({ canStart: true }));
      expect(choice).toMatchObject({ type: "wait", way });
      expect(Math.abs(choice.predicted.waitMs - waitMs)).toBeLessThan(10);
    };
    predictsWait([], "spawn", 40);
    predictsWait([starting(25)], "starting", 15);
    predictsWait([busy(10)], "other_busy", 10);
    predictsWait([busy(98, { running: "l" })], "other_busy", 98);
  });

  test("an idle worker of others makes room where that is sooner, once for each who waits", () => {
    const foreign = worker({ session: of("b"), idleSince: 5 });
    const longer = worker({ session: of("b"), idleSince: 3 });
    const chosen = (
      more: readonly WorkerView[],
      around: Partial<ChoiceContext> = {},
    ): Choice<WorkerView>["type"] =>
      choose(wish(), [foreign, longer, ...more], context(around)).type;
    expect(choose(wish(), [foreign, longer], context())).toMatchObject({
      type: "replace",
      worker: longer,
    });
    expect(chosen([], { canStart: true })).toBe("wait");
    expect(chosen([busy(5)])).toBe("wait");
    expect(chosen([busy(5)], { waiting: 4 })).toBe("replace");
    const leaving = worker({ state: "retiring" });
    expect(chosen([leaving])).toBe("wait");
    expect(chosen([leaving], { waiting: 2 })).toBe("replace");
  });
});
