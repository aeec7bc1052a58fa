import { describe, expect, test } from "bun:test";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { canonicalise } from "../../orchestrator/learning/canonical-result.ts";
import { ParallelGate } from "../../orchestrator/learning/parallel-gate.ts";
import {
  gainOf,
  type ParallelRun,
} from "../../orchestrator/learning/parallel-gate-evidence.ts";
import type { GateSettings } from "../../orchestrator/learning/parallel-gate-settings.ts";

test("what is gained: of sets the share that is new, else whether it differs, or what a check said; a failure made up for", () => {
  const gain = (
    alone: JsonValue,
    accepted: JsonValue,
    right: ParallelRun["right"] = null,
  ) =>
    gainOf({
      experts: 2,
      waste: { compared: false, results: 0 },
      right,
      alone: alone === null ? null : canonicalise(alone),
      accepted: accepted === null ? null : canonicalise(accepted),
    });
  expect(gain(["a"], ["a", "b"])).toBe(0.5);
  expect(gain("A: 7", "so it is 3 + 4 = 7")).toBe(0);
  expect(gain("A: 7", "A: 8")).toBe(1);
  expect(gain(["a"], "A: 8")).toBe(1);
  expect(gain(null, "A: 8")).toBe(1);
  expect(gain(null, null)).toBe(0);
  expect(gain("A: 7", "A: 8", { alone: true, accepted: true })).toBe(0);
  expect(gain("A: 7", "A: 8", { alone: true, accepted: false })).toBe(0);
  expect(gain("A: 7", "A: 8", { alone: false, accepted: true })).toBe(1);
});

describe("refused, saying why:", () => {
  test.each<[Partial<GateSettings>, string]>([
    [
      { wasteThreshold: 1.2 },
      "wasteThreshold is 1.2; it is a share from 0 to 1",
    ],
    [{ probeRate: NaN }, "probeRate is NaN"],
    [{ sureness: 0.3 }, "sureness is 0.3; it is at least 0.8"],
    [{ minRuns: 5 }, "minRuns is 5; it is at least 10"],
    [{ memoryRuns: 5 }, "memoryRuns is 5; it is at least minRuns (20)"],
  ])("settings %j", (given, says) => {
    expect(() => new ParallelGate(given)).toThrow(says);
  });

  const kind = {
    kind: "k",
    idle: 1,
    gained: 0,
    harmed: 0,
    runs: 1,
    compared: 1,
    wasted: 0.5,
    single: false,
  };
  test.each<[unknown, string]>([
    [null, "the snapshot is not an object"],
    [{ version: 2, kinds: [] }, "expected version 1 and a list of kinds"],
    [{ version: 1, kinds: [7] }, "kinds[0] is not an object"],
    [
      { version: 1, kinds: [kind, { ...kind, kind: 7 }] },
      "kinds[1].kind is not a text",
    ],
    [
      { version: 1, kinds: [{ ...kind, gained: -1 }] },
      "kinds[0].gained is not a number from 0",
    ],
    [
      { version: 1, kinds: [{ ...kind, wasted: "1" }] },
      "kinds[0].wasted is not a number",
    ],
    [
      { version: 1, kinds: [{ ...kind, single: 1 }] },
      "kinds[0].single is neither",
    ],
  ])("snapshot %j", (snapshot, says) => {
    expect(() => ParallelGate.restore(snapshot)).toThrow(says);
  });
});
