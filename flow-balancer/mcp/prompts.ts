/** Three ways to begin: make work parallel, find out why it is slow, set timeouts. */

import type { PromptDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";

const user = (text: string) => ({
  role: "user" as const,
  content: { type: "text" as const, text },
});

export function poolPrompts(deps: Deps): PromptDefinition[] {
  return [
    {
      name: "parallelize",
      title: "Make this work parallel",
      description:
        "Divides a piece of work into tasks and runs them as a batch",
      arguments: [
        { name: "work", description: "What is to be done", required: true },
      ],
      async get({ work }) {
        return {
          messages: [
            user(
              `Do this with flow-balancer: ${work}\n\n` +
                "1. List the parts that do not need each other's results. If there are fewer than two, say so and do it as one task.\n" +
                "2. Choose a kind for each: shell for a command (argv array), script for computation (an ES module in TypeScript), or a configured kind (pool_status lists them, pool_status {kind} has its schema).\n" +
                "3. Send all of them in one run_batch call. Results come back in the order you gave.\n" +
                "4. For results that say 'working', call await_task with their ids.\n" +
                "5. Report what completed, what failed and why, from the results alone.",
            ),
          ],
        };
      },
    },
    {
      name: "diagnose_pool",
      title: "Why is it slow or stuck?",
      description: "Reads the pool's state and says what holds tasks up",
      arguments: [],
      async get() {
        const engine = await deps.engine();
        const { pool, tasks } = await engine.status();
        return {
          messages: [
            user(
              "Say why tasks are slow or stuck, and name the evidence for each statement.\n\n" +
                `State now: ${JSON.stringify({ ...pool, workers: undefined })}\nTasks by state: ${JSON.stringify(tasks)}\n\n` +
                "Look at pool_status (what each worker does, how long ago it was heard), list_tasks {state:'running'} and {state:'queued'}, and read_task_output of the oldest running one. " +
                "Waiting with idle workers points at a kind's concurrency limit or at sessions that hold workers; waiting with all busy, at too few workers or at tasks that hang.",
            ),
          ],
        };
      },
    },
    {
      name: "tune_timeouts",
      title: "Set a kind's timeout",
      description: "Compares a kind's run times with its timeout",
      arguments: [
        {
          name: "kind",
          description: "The kind of task",
          required: true,
          complete: async (prefix) =>
            (await deps.engine())
              .kinds()
              .map((info) => info.kind)
              .filter((kind) => kind.startsWith(prefix)),
        },
      ],
      async get({ kind }) {
        const engine = await deps.engine();
        const stats = await engine.timeoutStats(kind ?? "");
        const { runMs, timeoutMs, isConfigured, learned, said } = stats;
        return {
          messages: [
            user(
              `Timeout of kind '${kind}': ${timeoutMs} ms, ${isConfigured ? "configured" : learned !== null ? "learned" : "the default"}. Its newest completed runs: ${
                runMs.n === 0
                  ? "none yet"
                  : `n=${runMs.n}, p50 ${runMs.p50} ms, p95 ${runMs.p95} ms, p99 ${runMs.p99} ms`
              }.\n\n${said.length === 0 ? "" : `What is known:\n${said.join("\n")}\n\n`}Runs that were killed are longer than the timeout and are not in the figures of completed runs. ` +
                "With fewer than 20 runs, say that this is not enough to change anything. Otherwise say whether the timeout in force should be another, how many of the runs above it would have killed, and where to set it ([kinds." +
                `${kind}] timeout_ms in flow-balancer.toml, or timeout_ms of a single call; both win over what is learned).`,
            ),
          ],
        };
      },
    },
  ];
}
