import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { replay } from "../../flow-balancer/replay/replay.ts";
import { replayGranularity } from "../../orchestrator/learning/replay-granularity.ts";
import { durationsOf } from "../orchestrator/granularity-durations.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { Desk } from "./run-cli.ts";

const HEAD = "key,at_s,duration_s\n";
/** No times, as in traces that have none; the keys take turns. */
const durations = durationsOf({ count: 260, seed: 5, deviation: 0.6 });
const CSV = `${HEAD}${durations.map((ms, at) => `${at % 2 === 0 ? "a" : "b"},,${ms / 1_000}`).join("\n")}\n`;
const KEYS = new Map([
  ["a", durations.filter((_, at) => at % 2 === 0)],
  ["b", durations.filter((_, at) => at % 2 === 1)],
]);

describe("flow-balancer replay granularity", () => {
  test("answers in JSON, from gzip, with the figures of the replay and what they mean", async () => {
    using desk = new Desk();
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv.gz", gzipSync(CSV));
    const { code, stdout, stderr } = await desk.run([
      "replay",
      "granularity",
      "--trace",
      trace,
      "--format",
      "json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd()).not.toContain("\n");
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schema: 1, replay: "granularity", trace });
    const own = replayGranularity(KEYS);
    expect(report.orders).toHaveLength(own.orders.length);
    const [shuffled] = report.orders;
    expect(shuffled.cases).toBe(own.orders[0]?.cases as number);
    // Seconds with decimals come back as almost the same milliseconds.
    for (const [at, rule] of (own.orders[0]?.rules ?? []).entries()) {
      expect(shuffled.rules[at].rule).toBe(rule.rule);
      expect(shuffled.rules[at].geometric_mean).toBeCloseTo(
        rule.geometric_mean,
        6,
      );
    }
    for (const name of ["ratio", "makespan", "learning", "p95"])
      expect(report.definitions[name].length).toBeGreaterThan(20);
  });

  test("answers in aligned tables for people, the simple rules beside the learned one", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", CSV);
    const text = await replay("granularity", { trace, json: false });
    const lines = text.split("\n");
    const head = lines.findIndex((line) => line.startsWith("rule "));
    const table = lines.slice(head, head + 12);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    for (const rule of ["200 chunks", "Kruskal-Weiss", "learning"])
      expect(table.some((line) => line.startsWith(rule))).toBe(true);
    expect(text).toContain("Items recorded");
    expect(text).toContain("none used twice: none.");
  });

  test.each([
    [
      "not a number",
      `${HEAD}a,1,5\na,2,soon\n`,
      "line 3: duration_s is 'soon'",
    ],
    ["a negative duration", `${HEAD}a,1,-1\n`, "line 2: duration_s is -1"],
    ["too few of each key", `${HEAD}a,1,5\n`, "no key has 100 durations"],
    ["no work", `${HEAD}${"a,,0\n".repeat(200)}`, "one of them above 0"],
  ])("refuses %s, saying where and why", async (_, content, says) => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", content);
    await expect(
      replay("granularity", { trace, json: true }),
    ).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(says),
    });
  });
});
