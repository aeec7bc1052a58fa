import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NewDecision } from "../../flow-balancer/core/decision.ts";
import type { Answer } from "../../flow-balancer/commands/answer.ts";
import { taskId } from "../../flow-balancer/core/ids.ts";
import type { TaskRequest } from "../../flow-balancer/core/task.ts";
import { loadConfig } from "../../flow-balancer/config.ts";
import { RoutingDesk } from "../../flow-balancer/routing-desk.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import {
  explainRoute,
  type RouteAsked,
} from "../../flow-balancer/store-commands/explain-route.ts";
import { request as anyRequest } from "../support/queue-under-test.ts";
import { StoredHome, terminal } from "./stored-home.ts";
import { Desk } from "./run-cli.ts";

const EXPERTS = `
[[experts]]
name = "good"
kinds = ["ask"]
task = "shell"
cost = 2

[[experts]]
name = "bad"
kinds = ["ask"]
task = "script"
cost = 1
capabilities = ["write"]
`;

let home: StoredHome;
beforeEach(() => {
  home = new StoredHome();
  writeFileSync(join(home.folder, "flow-balancer.toml"), EXPERTS);
});
afterEach(() => home[Symbol.dispose]());

const explained = (
  more: Partial<RouteAsked>,
  as: "json" | "text" = "text",
): Answer =>
  explainRoute(
    {
      taskId: null,
      kind: null,
      text: null,
      needs: null,
      hasCheck: false,
      ...more,
    },
    home.where,
    as === "json" ? as : terminal(),
  );

const request = (text: string): TaskRequest =>
  anyRequest({ kind: "ask", inputJson: JSON.stringify({ text }) });

/** Tasks that were routed, run and stored as a server does it: `good` succeeds, `bad` fails. */
async function lived(count: number): Promise<NewDecision[]> {
  await home.insert("tasks");
  const store = openStore(home.path, "normal", home.env);
  const desk = new RoutingDesk({
    store,
    env: home.env,
    log: () => {},
    settings: loadConfig({ ...home.where.around, flags: {} }),
  });
  const made: NewDecision[] = [];
  for (let seq = 1; seq <= count; seq++) {
    home.env.advance(1_000);
    const routed = desk.route(request(`question ${seq}`));
    const decision = routed.decision!;
    const id = taskId(String(seq));
    store.raw.run(
      "INSERT INTO tasks (seq, id, kind, input, priority, state, attempt, fence, submitted_at) VALUES (?, ?, 'shell', '{}', 0, 'queued', 1, 1, 1)",
      [seq, id],
    );
    await desk.noted(id, routed);
    made.push({ ...decision, taskId: id, attempt: 1 });
    store.raw.run(
      "INSERT INTO outcomes (task_seq, kind, state, attempt, run_ms, settled_at) VALUES (?, 'shell', ?, 1, 50, 1)",
      [seq, decision.choice === "good" ? "completed" : "failed"],
    );
  }
  await desk.stop();
  await closeStore(store);
  return made;
}

describe("explain route of a kind", () => {
  test("shows estimates and odds of each, why, and that the evidence is thin where nothing was run", () => {
    const { data, notes } = explained({ kind: "ask", text: "why?" });
    const lines = data.split("\n");
    expect(lines[0]).toMatch(
      /^expert +odds +success +cost +typical +worth +runs$/,
    );
    expect(lines[1]).toMatch(/^good +\d+\.\d % +50.0 % +2 +\d+ +0$/);
    expect(data).toContain("no margin between");
    expect(data).toContain(
      "thin evidence (20 runs of the type are enough): 'good' 0, 'bad' 0",
    );
    expect(notes).toEqual([expect.stringContaining("Each task is drawn anew")]);
  });

  test("shows what a rule forbids, whatever was learned", () => {
    const { data } = explained({ kind: "ask", needs: "write" });
    expect(data).toMatch(/^good +ruled out/m);
    expect(data).toContain("'good' is ruled out: it cannot do write");
  });

  test("knows what servers learned and what was stored since", async () => {
    await lived(60);
    const { alternatives, runs, choice } = JSON.parse(
      explained({ kind: "ask", text: "question 7" }, "json").data,
    );
    expect(runs).toBe(60);
    expect(choice).toBe("good");
    const [good, bad] = alternatives;
    expect(good.success).toBeGreaterThan(0.85);
    expect(bad.success).toBeLessThan(0.5);
    expect(good.runs + bad.runs).toBe(60);
    expect(good.typical_ms).toBeCloseTo(50, 6);
  });

  test("refuses a kind that no expert serves, and neither or both of task and kind", () => {
    expect(() => explained({ kind: "sing" })).toThrow(
      expect.objectContaining({ code: "NOT_FOUND", hint: "Served are: ask." }),
    );
    for (const more of [{}, { kind: "ask", taskId: "task_1" }])
      expect(() => explained(more)).toThrow(
        "either a task's id or --kind is needed",
      );
  });
});

describe("explain route of a task", () => {
  test("shows what was decided then, the odds, why, and what came of it", async () => {
    const [first] = await lived(3);
    const { data } = explained({ taskId: "task_1" });
    const lines = data.split("\n");
    expect(lines[0]).toBe(
      `attempt 1: ${first!.choice}, ${first!.choice === "good" ? "completed" : "failed"}`,
    );
    expect(lines[1]).toMatch(/^expert +odds +worth$/);
    expect(data).toContain("thin evidence");
    expect(data).toMatch(/drawn with seed \d+; learned up to outcome 0$/);
    const { decisions } = JSON.parse(
      explained({ taskId: "task_1" }, "json").data,
    );
    expect(decisions[0]).toMatchObject({
      choice: first!.choice,
      propensity: first!.propensity,
      attempt: 1,
    });
  });

  test.each(["7", "{", '{"choice":"good"}', "null"])(
    "shows the rest where the alternatives are damaged: %s",
    async (alternatives) => {
      const [first] = await lived(1);
      const store = new Database(home.path);
      store.run("UPDATE decisions SET alternatives = ?", [alternatives]);
      store.close();
      expect(explained({ taskId: "task_1" }).data).toContain(
        `attempt 1: ${first!.choice}`,
      );
    },
  );

  test("says where there is none", async () => {
    await lived(1);
    expect(() => explained({ taskId: "task_9" })).toThrow(
      "no expert was chosen for a task 'task_9'",
    );
  });
});

test("the command takes its options, also --json, which explain has too", async () => {
  using desk = new Desk();
  const { code, stdout } = await desk.run([
    "explain",
    "route",
    "--kind",
    "ask",
    "--json",
  ]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  const help = await desk.run(["explain", "route", "--help"]);
  expect(help.stdout).toContain("--needs <names>");
});
