import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { replay } from "../../flow-balancer/replay/replay.ts";
import { replayRouter } from "../../orchestrator/routing/replay-router.ts";
import { traced } from "../orchestrator/router-fixtures.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { Desk } from "./run-cli.ts";

const TASKS = traced(400, 11);
const HEAD = "id,type,prompt,weak_ok,strong_ok\n";
const CSV =
  HEAD +
  TASKS.map(
    ({ bucket, text, weak, strong }, at) =>
      `t-${at},${bucket},"${text}",${Number(weak)},${Number(strong)}\n`,
  ).join("");

describe("flow-balancer replay router", () => {
  test("answers in JSON, from gzip, with the figures of the replay", async () => {
    using desk = new Desk();
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv.gz", gzipSync(CSV));
    const { code, stdout, stderr } = await desk.run([
      ...["replay", "router", "--trace", trace],
      ...["--format", "json"],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const {
      schema,
      replay: what,
      trace: of,
      definitions,
      rows,
      ...report
    } = JSON.parse(stdout);
    expect({ schema, what, of, rows }).toEqual({
      schema: 1,
      what: "router",
      of: trace,
      rows: 400,
    });
    expect(definitions.apgr).toContain("at random 0.500");
    expect(report).toEqual(JSON.parse(JSON.stringify(replayRouter(TASKS))));
  });

  test("answers people with each figure's definition", async () => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", CSV);
    const text = await replay("router", { trace, json: false });
    expect(text.split("\n")[0]).toStartWith(
      `${trace}: 400 tasks of 4 types; weak `,
    );
    for (const said of [
      "APGR: average",
      "CPT50, CPT80: share",
      "Utility: right - cost",
      "Regret: utility of best fixed",
      "after 200: over tasks",
      "only the outcome of who was asked is told",
    ])
      expect(text).toContain(said);
    expect(text).toContain("Ours: APGR 0.");
    expect(text).toContain("(no type has as many)");
  });

  test.each([
    ["no verdict", `${HEAD}a,b,c,,1\n`, "line 2: weak_ok is empty"],
    [
      "another verdict",
      `${HEAD}a,b,c,1,maybe\n`,
      "line 2: strong_ok is 'maybe'",
    ],
    [
      "another trace",
      "key,at_s,duration_s\na,1,1\n",
      "has no column 'type', 'prompt', 'weak_ok', 'strong_ok'",
    ],
  ])("refuses %s, saying where", async (_, content, says) => {
    using folder = new TemporaryFolder();
    const trace = folder.file("trace.csv", content);
    await expect(replay("router", { trace, json: true })).rejects.toMatchObject(
      {
        code: "INVALID_INPUT",
        message: expect.stringContaining(says),
      },
    );
  });
});
