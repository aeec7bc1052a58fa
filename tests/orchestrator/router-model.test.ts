import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  Router,
  type RouterSnapshot,
} from "../../orchestrator/routing/router.ts";
import { expert, question, tell, traced } from "./router-fixtures.ts";

const TWO = [expert("a", 1), expert("b", 2)];
const TASKS = traced(400, 9);

function learn(router: Router, tasks: typeof TASKS): Router {
  for (const task of tasks) {
    tell(router, "a", task.weak, asked(task), 1.5);
    tell(router, "b", task.strong, asked(task));
  }
  return router;
}

const asked = (task: (typeof TASKS)[number]) => ({
  bucket: task.bucket,
  text: task.text,
});

const fresh = (): Router => new Router(TWO);

/** Numbers of runs and successes by expert and type. */
const countsOf = ({ experts }: RouterSnapshot) =>
  Object.fromEntries(
    Object.entries(experts).map(([name, { all, types }]) => [
      name,
      [all, ...Object.values(types)].map(
        ({ runs, successes, cost, costed }) => ({
          runs,
          successes,
          cost,
          costed,
        }),
      ),
    ]),
  );

const estimates = (router: Router): number[] =>
  TASKS.slice(0, 60).flatMap((task) =>
    router
      .decide(question(asked(task)), 1)
      .alternatives.map((it) => it.success),
  );

describe("what two learned, merged", () => {
  test("is in its counts what one has who learned both", () => {
    const both = learn(fresh(), TASKS);
    const merged = learn(fresh(), TASKS.slice(0, 150));
    merged.merge(learn(fresh(), TASKS.slice(150)).snapshot());
    expect(countsOf(merged.snapshot())).toEqual(countsOf(both.snapshot()));
    expect(merged.runs).toBe(800);
  });

  test("expects nearly the same as who learned both, each of whom knew one expert only", () => {
    const only = (name: string) => {
      const router = fresh();
      for (const task of TASKS)
        tell(router, name, name === "a" ? task.weak : task.strong, asked(task));
      return router;
    };
    const both = estimates(learn(fresh(), TASKS));
    const off = (router: Router): number => {
      const own = estimates(router);
      return (
        own.reduce((sum, it, at) => sum + Math.abs(it - both[at]!), 0) /
        own.length
      );
    };
    const merged = only("a");
    const alone = off(merged);
    merged.merge(only("b").snapshot());
    expect(alone).toBeGreaterThan(0.1);
    expect(off(merged)).toBeLessThan(0.04);
  });

  test("with nothing is what it was", () => {
    const router = learn(fresh(), TASKS.slice(0, 50));
    const before = JSON.stringify(router.snapshot());
    router.merge(fresh().snapshot());
    expect(JSON.stringify(router.snapshot())).toBe(before);
    const other = fresh();
    other.merge(router.snapshot());
    expect(estimates(other)).toEqual(estimates(router));
  });
});

test("counts do not depend on the order in which outcomes come", () => {
  const counts = (tasks: typeof TASKS) => {
    const { experts } = learn(fresh(), tasks).snapshot();
    return Object.entries(experts).map(([name, { all, types }]) => [
      name,
      all.successes,
      Object.keys(types)
        .sort()
        .map((type) => [type, types[type]!.runs, types[type]!.successes]),
    ]);
  };
  const some = TASKS.slice(0, 30);
  fc.assert(
    fc.property(fc.shuffledSubarray(some, { minLength: 30 }), (order) => {
      expect(counts(order)).toEqual(counts(some));
    }),
    { numRuns: 20 },
  );
});

describe("what is kept is bounded:", () => {
  test("64 experts, the one with the fewest runs goes", () => {
    const router = new Router([]);
    for (let at = 0; at < 70; at++)
      for (let run = 0; run <= at % 5; run++) tell(router, `e${at}`, true);
    const { experts } = router.snapshot();
    expect(Object.keys(experts).length).toBe(64);
    expect(experts["e0"]).toBeUndefined();
    expect(experts["e4"]).toBeDefined();
  });

  test("1,024 types an expert", () => {
    const router = new Router([]);
    for (let at = 0; at < 1_030; at++)
      tell(router, "a", true, { bucket: `t${at}` });
    expect(Object.keys(router.snapshot().experts["a"]!.types).length).toBe(
      1_024,
    );
  });
});

describe("a snapshot that is none is refused:", () => {
  const good = learn(fresh(), TASKS.slice(0, 5)).snapshot();
  test.each([
    [
      "another version",
      { ...good, version: 2 },
      "stored as version 2; this one reads 1",
    ],
    ["no base64", { ...good, shared: { moved: "?" } }, "it is not base64"],
    [
      "half a weight",
      { ...good, shared: { moved: "AAAA" } },
      "3 bytes are not a multiple of 12",
    ],
    [
      "a place beyond the last",
      { ...good, shared: { moved: new Uint8Array(12).fill(0x3f).toBase64() } },
      "is beyond the last",
    ],
  ])("%s", (_, snapshot, says) => {
    expect(() => Router.restore(snapshot as RouterSnapshot, TWO)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: expect.stringContaining(says),
      }),
    );
  });
});
