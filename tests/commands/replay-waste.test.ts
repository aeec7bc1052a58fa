import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { replay } from "../../flow-balancer/replay/replay.ts";
import { replayWaste } from "../../orchestrator/learning/replay-waste.ts";
import { answerRows, csvOf } from "../orchestrator/waste-trace.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { Desk } from "./run-cli.ts";

const ROWS = answerRows({
  rates: { poor: 0.3, good: 0.8, fair: 0.6 },
  tasks: 100,
  seed: 5,
});

describe("flow-balancer replay waste", () => {
  test("answers in JSON, from gzip, with the figures of the replay and what they are", async () => {
    using desk = new Desk();
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv.gz", gzipSync(csvOf(ROWS)));
    const { code, stdout, stderr } = await desk.run([
      "replay",
      "waste",
      "--trace",
      trace,
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd()).not.toContain("\n");
    const {
      schema,
      replay: what,
      trace: of,
      definitions,
      rows,
      ...report
    } = JSON.parse(stdout);
    expect({ schema, what, of }).toEqual({
      schema: 1,
      what: "waste",
      of: trace,
    });
    expect(report).toEqual(JSON.parse(JSON.stringify(replayWaste(ROWS))));
    expect(rows).toBe(ROWS.length);
    expect(definitions.waste).toContain("sum of cost");
  });

  test("answers in aligned tables for people, each figure with its definition", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", csvOf(ROWS));
    const lines = (await replay("waste", { trace, json: false })).split("\n");
    expect(lines[0]).toBe(
      `${trace}: 100 tasks, 300 outputs of 3 experts; by their looks 300 answer`,
    );
    const heads = lines.filter((line) => /^signal +AUC/.test(line));
    expect(heads.length).toBe(4);
    const table = lines.slice(
      lines.indexOf(heads[0]!),
      lines.indexOf("", lines.indexOf(heads[0]!)),
    );
    expect(table.length).toBe(1 + 5);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    for (const term of ["AUC", "false positives", "waste", "as the gate says"])
      expect(lines.some((line) => line.startsWith(`  ${term}: `))).toBe(true);
    expect(lines.filter((line) => line.startsWith("weighted ")).length).toBe(2);
  });

  test("says so where nothing in the trace says what is redundant", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file(
      "trace.csv",
      "output,ok,expert,id\nsome text or other,,a,1\nquite another text,,b,1\n",
    );
    const text = await replay("waste", { trace, json: false });
    expect(text).toContain("signals cannot be judged on it");
    expect(text).not.toContain("\nweighted");
  });
});

describe("a trace it cannot replay is refused, saying why:", () => {
  const head = "id,expert,ok,output\n";
  test.each([
    [
      "another form",
      "key,at_s,duration_s\na,1,5\n",
      "has no column 'id', 'expert', 'ok', 'output'",
    ],
    ["no id", `${head}1,a,1,x\n,a,1,x\n`, "line 3: id is empty"],
    ["no expert", `${head}1,,1,x\n`, "line 2: expert is empty"],
    [
      "neither right nor wrong",
      `${head}1,a,maybe,x\n`,
      "line 2: ok is 'maybe'; it is 1, 0, or empty",
    ],
    [
      "one output a task",
      `${head}1,a,1,x\n2,a,1,x\n`,
      "no task has two outputs",
    ],
    [
      "one task only",
      head + "1,a,1,x\n".repeat(1_025),
      "1,025 outputs of the task '1', at most 1,024",
    ],
    ["nothing", head, "has no rows"],
  ])("%s", async (_, content, says) => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", content);
    await expect(replay("waste", { trace, json: true })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(says),
    });
  });
});
