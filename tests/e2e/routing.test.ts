import { Database } from "bun:sqlite";
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { runCli } from "../commands/run-cli.ts";
import type { Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { TASK_IMPORTS } from "../support/task-module.ts";
import { Place } from "../support/server-under-test.ts";

setDefaultTimeout(60_000);
const clients = lineClients(afterEach);

/** `poet` can only rhyme, `clerk` only reckon. */
const JOB = `${TASK_IMPORTS}
export default defineTask({
  kind: "job",
  input: z.object({ text: z.string(), who: z.string() }),
  run({ text, who }) {
    if (text.includes(who === "poet" ? "sum" : "rhyme")) throw new Error("not mine");
    return who;
  },
});`;
const TOML = `
[kinds.job]
module = "./job.ts"
[[experts]]
name = "poet"
kinds = ["ask"]
task = "job"
input = { who = "poet" }
[[experts]]
name = "clerk"
kinds = ["ask"]
task = "job"
input = { who = "clerk" }
`;

const TASKS = 300;
const LAST = 100;

test("tasks of a kind that experts serve go to the one who is good at them, and why is stored", async () => {
  const place = new Place({
    files: { "job.ts": JOB, "flow-balancer.toml": TOML },
  });
  const client = clients.start(place);
  await client.initialize();
  const ask = async (text: string): Promise<Message> =>
    client.ask("run_task", { kind: "ask", input: { text } });
  const right: boolean[] = [];
  let last: Message = {};
  for (let at = 0; at < TASKS; at++) {
    last = await ask(at % 2 ? `a rhyme on ${at}` : `the sum of ${at}`);
    right.push(last.status === "completed");
  }
  const share = (of: readonly boolean[]): number =>
    of.filter(Boolean).length / of.length;
  // By chance it would be half of them.
  expect(share(right.slice(-LAST))).toBeGreaterThan(0.75);
  const db = new Database(join(place.home, "flow.db"), { readonly: true });
  expect(
    db
      .query("SELECT count(*) AS n FROM decisions WHERE policy = 'router'")
      .get(),
  ).toEqual({ n: TASKS });
  expect(
    db
      .query(
        "SELECT count(*) AS n FROM decisions d JOIN outcomes o ON o.task_seq = d.task_seq AND o.attempt = d.attempt WHERE d.outcome_seq < o.seq",
      )
      .get(),
  ).toEqual({ n: TASKS });
  db.close();
  const explained = await runCli(["explain", "route", last.task_id], {
    cwd: place.project,
    env: { ...place.env },
  });
  expect(explained.code).toBe(0);
  expect(explained.stdout).toStartWith(`attempt 1: `);
  expect(explained.stdout).toContain("learned up to outcome");
  const now = await runCli(
    ["explain", "route", "--kind", "ask", "--text", "a rhyme", "--json"],
    { cwd: place.project, env: { ...place.env } },
  );
  const { alternatives } = JSON.parse(now.stdout);
  const [poet, clerk] = alternatives;
  expect(poet.success).toBeGreaterThan(clerk.success);
});
