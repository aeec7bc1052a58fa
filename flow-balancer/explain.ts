/** `flow-balancer explain <task>`: reads the store of the project's home, whether a server runs or not. */

import { join } from "node:path";
import { explainTask } from "./commands/explain.ts";
import { loadConfig, type ConfigSources } from "./config.ts";
import { refuseUnsafeHome } from "./config/prepare-home.ts";
import { BalancerError } from "./core/errors.ts";
import type { TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import { quoted } from "./core/quoted.ts";
import { TaskReader } from "./queue/task-reader.ts";
import { openForReading } from "./store/open-for-reading.ts";

/** What goes to stdout. Throws NOT_FOUND, INVALID_CONFIG, SCHEMA_TOO_NEW or STORAGE_FAILED. */
export function explain(
  id: string,
  { json }: { readonly json: boolean },
  around: Omit<ConfigSources, "flags">,
  env: Env,
): string {
  const { home } = loadConfig({ ...around, flags: {} });
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
      now: env.now(),
    });
    return json ? JSON.stringify(explanation.json) : explanation.text;
  } finally {
    store.close();
  }
}
