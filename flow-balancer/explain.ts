/** `flow-balancer explain <task>`: reads the store of the project's home, whether a server runs or not. */

import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { explainTask } from "./commands/explain.ts";
import type { LimitInForce } from "./commands/explain/limit.ts";
import { type Config, loadConfig, type ConfigSources } from "./config.ts";
import { refuseUnsafeHome } from "./config/prepare-home.ts";
import { BalancerError } from "./core/errors.ts";
import type { TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import { quoted } from "./core/quoted.ts";
import type { TaskRecord } from "./core/task.ts";
import { TaskReader } from "./queue/task-reader.ts";
import { hasColumn } from "./store-commands/rows.ts";
import { openForReading } from "./store/open-for-reading.ts";

/** What goes to stdout. Throws NOT_FOUND, INVALID_CONFIG, SCHEMA_TOO_NEW or STORAGE_FAILED. */
export function explain(
  id: string,
  { json }: { readonly json: boolean },
  around: Omit<ConfigSources, "flags">,
  env: Env,
): string {
  const config = loadConfig({ ...around, flags: {} });
  const { home } = config;
  refuseUnsafeHome(home);
  const path = join(home, "flow.db");
  const store = openForReading(path);
  if (store === null)
    throw new BalancerError(
      "NOT_FOUND",
      `there is no store at ${path}: nothing was run in this project yet`,
      {
        hint: "Run it in the folder of the project, or set FLOW_BALANCER_HOME.",
      },
    );
  try {
    const reader = new TaskReader(store);
    const task = reader.get(id as TaskId);
    if (task === null)
      throw new BalancerError(
        "NOT_FOUND",
        `there is no task ${quoted(id)} in ${path}`,
        { hint: "The MCP tool list_tasks shows those there are." },
      );
    const explanation = explainTask({
      task,
      parents: new Map(
        task.after.map(({ id: parent }) => [
          parent,
          reader.get(parent)?.state ?? null,
        ]),
      ),
      limit: limitOf(store, task, config),
      now: env.now(),
    });
    return json ? JSON.stringify(explanation.json) : explanation.text;
  } finally {
    store.close();
  }
}

/** Of its last attempt, as its outcome has it; whose it was is told by the settings of now. Null: it was not noted. */
function limitOf(
  store: Database,
  { id, attempt, kind, timeoutMs }: TaskRecord,
  { kinds, tasks }: Config,
): LimitInForce | null {
  if (timeoutMs !== null) return { ms: timeoutMs, by: "task" };
  if (!hasColumn(store, "outcomes", "task_seq")) return null;
  const noted = store
    .query<{ ms: number | null }, [string, number]>(
      "SELECT timeout_ms AS ms FROM outcomes WHERE task_seq = (SELECT seq FROM tasks WHERE id = ?) AND attempt = ? ORDER BY seq DESC LIMIT 1",
    )
    .get(id, attempt);
  const ms = noted?.ms ?? null;
  if (ms === null) return null;
  const own = kinds.find(({ name }) => name === kind)?.timeoutMs ?? null;
  return {
    ms,
    by: ms === own ? "kind" : ms === tasks.timeoutMs ? "default" : "learned",
  };
}
