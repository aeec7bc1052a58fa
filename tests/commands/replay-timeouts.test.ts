import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { replay } from "../../flow-balancer/replay/replay.ts";
import { timeouts } from "../../flow-balancer/replay/timeouts.ts";
import { TimeoutsReplay } from "../../orchestrator/learning/replay-timeouts.ts";
import { logNormal } from "../orchestrator/deadline-runs.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { Desk } from "./run-cli.ts";

const HEAD = "key,at_s,duration_s\n";
const ms = logNormal(1, 20_000, 0.8);
const RUNS = Array.from(
  { length: 2_000 },
  (_, nth) => [`build|${nth % 5}`, (ms() / 1_000).toFixed(3)] as const,
);
const CSV = `${HEAD}${RUNS.map(([key, seconds]) => `${key},,${seconds}\n`).join("")}`;

const RULES = [
  "fixed 300 s",
  "simple rule",
  "simple rule, killed unseen",
  "retransmission timeout",
  "window conformal",
  "learned",
  "learned, killed cut off",
  "learned, signs of life",
];

describe("flow-balancer replay timeouts", () => {
  test("answers in JSON, from gzip, with the figures of the replay and what they mean", async () => {
    using desk = new Desk();
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv.gz", gzipSync(CSV));
    const { code, stdout, stderr } = await desk.run([
      "replay",
      "timeouts",
      "--trace",
      trace,
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd()).not.toContain("\n");
    const { definitions, ...report } = JSON.parse(stdout);
    const own = new TimeoutsReplay();
    for (const [key, seconds] of RUNS) own.add(key, Number(seconds) * 1_000);
    expect(report).toEqual({
      schema: 1,
      replay: "timeouts",
      trace,
      ...own.report(),
    });
    expect(report.rules.map(({ rule }: { rule: string }) => rule)).toEqual(
      RULES,
    );
    expect(Object.keys(definitions.rules)).toEqual(RULES);
  });

  test("answers in an aligned table for people, each word of it explained below", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", CSV);
    const text = await replay("timeouts", { trace, json: false });
    const lines = text.split("\n");
    expect(lines[0]).toBe(
      `${trace}: 2,000 runs of 5 keys; 1,950 known, 5 keys with at least 100 known runs`,
    );
    const table = lines.slice(2, 3 + RULES.length);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    for (const [at, rule] of RULES.entries()) {
      expect(table[at + 1]).toStartWith(`${rule}  `);
      expect(text).toContain(`\n${rule}: `);
    }
  });

  test("no arrival times are needed", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", "duration_s,key\n1,a\n2,a\n");
    const report = await replay("timeouts", { trace, json: true });
    expect(JSON.parse(report)).toMatchObject({ runs: 2, keys: 1 });
  });

  test("refuses a trace of more keys than it can hold, saying where", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", `${HEAD}a,1,5\nb,2,5\nc,3,5\n`);
    await expect(timeouts(trace, 2)).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      message: expect.stringContaining("line 4: more than 2 different keys"),
    });
  });

  test.each([
    ["not a number", "a,1,5\na,2,soon\n", "line 3: duration_s is 'soon'"],
    [
      "too large a number",
      "a,1,5\na,2,1e308\n",
      "line 3: duration_s is '1e308', beyond the limit of 1000000000000000",
    ],
    ["no duration", "a,1,\n", "line 2: duration_s is empty"],
    ["a negative duration", "a,1,-1\n", "line 2: duration_s is -1"],
  ])("refuses %s, saying where", async (_, content, says) => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", `${HEAD}${content}`);
    await expect(
      replay("timeouts", { trace, json: true }),
    ).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(says),
    });
  });
});
