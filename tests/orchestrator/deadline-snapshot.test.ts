import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DeadlineLearner } from "../../orchestrator/learning/deadline-learner.ts";
import { anyHistory, learned, OPTIONS, run, times } from "./deadline-runs.ts";

const throughJson = (learner: DeadlineLearner): DeadlineLearner =>
  DeadlineLearner.restore(
    OPTIONS,
    JSON.parse(JSON.stringify(learner.snapshot())),
  );

test("what was restored knows the same, and learns the same from what comes next", () => {
  fc.assert(
    fc.property(anyHistory, anyHistory, (before, after) => {
      const kept = learned(before);
      const restored = throughJson(kept);
      expect(restored.snapshot()).toEqual(kept.snapshot());
      expect(restored.summary()).toEqual(kept.summary());
      for (const it of after) {
        expect(restored.limit(it.kind, it.bucket)).toEqual(
          kept.limit(it.kind, it.bucket),
        );
        kept.observe(it);
        restored.observe(it);
      }
      expect(restored.snapshot()).toEqual(kept.snapshot());
    }),
    { numRuns: 40, seed: 1 },
  );
});

test("with a smaller target than it was learned by, the next limit goes by the new one", () => {
  const runs = Array.from({ length: 300 }, (_, nth) =>
    run({ runMs: 1_000 + ((nth * 7_919) % 300) }),
  );
  const daring = learned(runs, { ...OPTIONS, missesPerThousand: 200 });
  expect(daring.limit("build", "").softMs).toBeLessThan(1_299);
  const careful = { ...OPTIONS, missesPerThousand: 1 };
  const restored = DeadlineLearner.restore(careful, daring.snapshot());
  expect(restored.limit("build", "").softMs).toBeGreaterThan(1_299);
});

test("one that names too many keys is cut to those seen last", () => {
  const runs = Array.from({ length: 5 }, (_, nth) =>
    run({ kind: `kind ${nth}` }),
  );
  const restored = DeadlineLearner.restore(
    { ...OPTIONS, maxKeys: 2 },
    learned(runs).snapshot(),
  );
  const kinds = restored.summary().map(({ kind }) => kind);
  expect(kinds).toEqual(["kind 3", "kind 4"]);
});

/** A snapshot of three runs, but for one value of it: the one on `path`. */
function damaged(path: readonly string[], value: unknown): unknown {
  const snapshot: unknown = JSON.parse(
    JSON.stringify(learned(times(3)).snapshot()),
  );
  let inside = snapshot as Record<string, unknown>;
  for (const name of path.slice(0, -1))
    inside = inside[name] as Record<string, unknown>;
  inside[path.at(-1) ?? ""] = value;
  return snapshot;
}

describe("what is no snapshot is refused, saying where:", () => {
  test.each<[string, unknown]>([
    ["the snapshot is not an object", null],
    ["version is 7, not 1", damaged(["version"], 7)],
    ["kinds is not a list", damaged(["kinds"], {})],
    ["all is not an object", damaged(["all"], undefined)],
    ["all.window is not base64", damaged(["all", "window"], "?")],
    [
      "all.window is not a list of 32-bit floats",
      damaged(["all", "window"], "AAA="),
    ],
    [
      "all.window has what is no duration",
      damaged(["all", "window"], "AADAfw=="),
    ],
    ["all.beats is not a number", damaged(["all", "beats"], "1")],
    ["all.completed is below 0", damaged(["all", "completed"], -1)],
    ["buckets[0].bucket is not a text", damaged(["buckets", "0", "bucket"], 1)],
    [
      "kinds[0].sketch.newer.first is no bin",
      damaged(["kinds", "0", "sketch", "newer", "first"], 1e15),
    ],
  ])("%s", (where, snapshot) => {
    expect(() => DeadlineLearner.restore(OPTIONS, snapshot)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: `this is no snapshot of learned limits: ${where}`,
      }),
    );
  });
});

test("a key that has seen thousands of runs takes no more room than one of a few hundred", () => {
  const sizeAfter = (count: number) =>
    JSON.stringify(
      learned(
        Array.from({ length: count }, (_, nth) =>
          run({
            runMs: 1_000 + ((nth * 7_919) % 10_007),
            state: nth % 9 === 0 ? "timed_out" : "completed",
          }),
        ),
      ).snapshot().buckets[0],
    ).length;
  expect(sizeAfter(5_000)).toBeLessThan(6_000);
  expect(sizeAfter(5_000)).toBeLessThan(1.2 * sizeAfter(400));
});
