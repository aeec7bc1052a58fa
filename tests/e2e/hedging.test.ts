import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startStatelessServer } from "../../benchmarks/stateless-server.ts";
import { TASK_IMPORTS } from "../support/task-module.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(60_000);

/** The run that finds no mark makes one and never ends; the next one is done at once. */
const JOB = `
import { closeSync, openSync } from "node:fs";
${TASK_IMPORTS}
const isFirst = (mark) => {
  try { closeSync(openSync(mark, "wx")); return true; } catch { return false; }
};
export default defineTask({
  kind: "job",
  input: z.object({ mark: z.string().default("") }),
  async run({ mark }) {
    if (mark === "") return "plain";
    const hangs = isFirst(mark);
    console.log(hangs ? "first" : "second");
    if (hangs) await new Promise(() => {});
    return "overtook";
  },
});`;

/** What became of a task whose first run never ends, and the place where it was run. */
async function hung() {
  const at = new Place({
    files: {
      "job.ts": JOB,
      "flow-balancer.toml": `[kinds.job]\nmodule = "./job.ts"\neffects = "none"\n`,
    },
    env: {
      FLOW_BALANCER_POOL_MAX_WORKERS: "3",
      FLOW_BALANCER_POOL_SPARE_WORKERS: "3",
    },
  });
  const start = (hedge: "on" | "off") =>
    startStatelessServer({
      folder: at.project,
      env: { ...at.env, FLOW_BALANCER_LEARNING_HEDGE: hedge },
    });
  // On a busy machine some of these take long, too, and would use up what second runs there may be.
  const teacher = await start("off");
  const many = Array.from({ length: 60 }, () => ({ kind: "job", input: {} }));
  await teacher.call("run_batch", { tasks: many });
  await teacher.close();
  const server = await start("on");
  // Where none is idle, as on a machine under pressure, nothing is run a second time.
  await until("two to be idle", async () => {
    const { workers } = await server.call("pool_status", {});
    return (
      (workers as { readonly state: string }[]).filter(
        ({ state }) => state === "idle",
      ).length >= 2
    );
  });
  const input = { mark: join(at.project, "mark") };
  const task = await server.call("run_task", { kind: "job", input });
  const id = String(task["task_id"]);
  const output = await server.call("read_task_output", { task_id: id });
  await server.close();
  using db = new Database(join(at.home, "flow.db"), { readonly: true });
  const outcomes = db
    .query(
      "SELECT o.state FROM outcomes o JOIN tasks t ON t.seq = o.task_seq WHERE t.id = ?",
    )
    .values(id)
    .flat();
  at.destroy();
  return { task, output, outcomes };
}

test("a task that hangs by chance is overtaken by a second run, and ends once, with what that one said", async () => {
  const { task, output, outcomes } = await hung();
  expect(task).toMatchObject({ status: "completed", value: "overtook" });
  expect(output).toMatchObject({ text: "second\n" });
  expect(outcomes).toEqual(["completed"]);
});
