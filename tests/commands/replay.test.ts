import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { replay } from "../../flow-balancer/replay/replay.ts";
import { replayTiers } from "../../orchestrator/learning/replay-tiers.ts";
import { poisson } from "../orchestrator/keep-warm-traces.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { Desk } from "./run-cli.ts";

const { arrivals } = poisson(5);
const CSV = [
  "key,at_s,duration_s",
  ...arrivals.map(
    ({ key, atMs, durationMs }) =>
      `${key},${atMs / 1_000},${durationMs / 1_000}`,
  ),
  "",
].join("\n");

describe("flow-balancer replay tiers", () => {
  test("answers in JSON, from gzip, with the figures of the replay", async () => {
    using desk = new Desk();
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv.gz", gzipSync(CSV));
    const { code, stdout, stderr } = await desk.run([
      "replay",
      "tiers",
      "--trace",
      trace,
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd()).not.toContain("\n");
    const { schema, replay: what, trace: of, ...report } = JSON.parse(stdout);
    expect({ schema, what, of }).toEqual({
      schema: 1,
      what: "tiers",
      of: trace,
    });
    const own = replayTiers(arrivals);
    expect(report.arrivals).toBe(own.arrivals);
    expect(report.prices.length).toBe(own.prices.length);
    // Seconds with decimals come back as almost the same milliseconds.
    for (const [at, { learned }] of own.prices.entries())
      expect(report.prices[at].learned.ratio).toBeCloseTo(learned.ratio, 2);
    expect(report.eviction).toEqual(own.eviction);
  });

  test("answers in aligned tables for people", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", CSV);
    const lines = (await replay("tiers", { trace, json: false })).split("\n");
    expect(lines[0]).toBe(
      `${trace}: 6,000 arrivals of 40 keys in ${((arrivals.at(-1)!.atMs - arrivals[0]!.atMs) / 86_400_000).toFixed(1)} days; 40 cold starts no rule can avoid`,
    );
    const head = lines.findIndex((line) => line.startsWith("break-even"));
    const foot = lines.findIndex((line) => line.startsWith("Learned to fixed"));
    const table = lines.slice(head, foot);
    expect(table.length).toBe(1 + replayTiers(arrivals).prices.length);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(lines.some((line) => line.startsWith("hybrid histogram"))).toBe(
      true,
    );
    expect(
      lines.some((line) => /^room +LRU +greedy-dual +learned/.test(line)),
    ).toBe(true);
  });

  test.each([
    [["replay", "teirs", "--trace", "x.csv"], "did you mean 'tiers'?"],
    [["replay", "sunshine", "--trace", "x.csv"], "What can be replayed: "],
    [["replay", "constructor", "--trace", "x.csv"], "there is no replay"],
    [["replay", "tiers"], "required option '--trace <file>'"],
    [["replay", "--trace", "x.csv"], "missing required argument 'what'"],
    [["replay"], "required option '--trace <file>'"],
  ])("refuses %j with exit code 2", async (args, says) => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
  });

  test("fails with exit code 1 and one clear line where there is no such file", async () => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run([
      "replay",
      "tiers",
      "--trace",
      "none.csv",
    ]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "there is no file none.csv\n",
    });
  });
});

describe("a trace it cannot replay is refused, saying why:", () => {
  const head = "key,at_s,duration_s\n";
  test.each([
    [
      "no times",
      `${head}a,,5\n`,
      "line 2: at_s is empty, and without arrival times",
    ],
    [
      "not a number",
      `${head}a,1,5\na,2,soon\n`,
      "line 3: duration_s is 'soon'",
    ],
    ["no duration", `${head}a,1,\n`, "line 2: duration_s is empty"],
    ["an endless duration", `${head}a,1,1e999\n`, "duration_s is '1e999'"],
    ["a negative duration", `${head}a,1,-1\n`, "line 2: duration_s is -1"],
  ])("%s", async (_, content, says) => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", content);
    await expect(replay("tiers", { trace, json: true })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(says),
    });
  });
});
