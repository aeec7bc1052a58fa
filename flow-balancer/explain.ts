/** `flow-balancer explain <task>`: reads the store of the project's home, whether a server runs or not. */

import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { explainTask } from "./commands/explain.ts";
import type { LimitInForce } from "./commands/explain/limit.ts";
import type { Waiting } from "./commands/explain/waits.ts";
import { isRunning } from "./commands/instances.ts";
import type { Terminal } from "./commands/terminal.ts";
import { type Config, loadConfig, type ConfigSources } from "./config.ts";
import { refuseUnsafeHome } from "./config/prepare-home.ts";
import { BalancerError } from "./core/errors.ts";
import type { TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import { printableJson } from "./core/printable.ts";
import { quoted } from "./core/quoted.ts";
import type { TaskRecord } from "./core/task.ts";
import { PARKED_BOOT } from "./queue/group-places.ts";
import { TaskReader } from "./queue/task-reader.ts";
import { openInstances } from "./store-commands/read-instances.ts";
import { hasColumn } from "./store-commands/rows.ts";
import { InstanceLocks } from "./store/instance-locks.ts";
import { openForReading } from "./store/open-for-reading.ts";
import { aheadOf, heldOfGroup, standingOf } from "./watching/task-standing.ts";

/** What goes to stdout. Throws NOT_FOUND, INVALID_CONFIG, SCHEMA_TOO_NEW or STORAGE_FAILED. */
export function explain(
  id: string,
  as: Pick<Terminal, "width"> | "json",
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
        { hint: "'flow-balancer tasks list' shows those there are." },
      );
    const { json, text } = explainTask(
      {
        task,
        parents: new Map(
          task.after.map(({ id: parent }) => [
            parent,
            reader.get(parent)?.state ?? null,
          ]),
        ),
        limit: limitOf(store, task, config),
        waiting: waitingOf(store, task, env, config),
        now: env.now(),
      },
      as === "json" ? Infinity : as.width,
    );
    return as === "json" ? printableJson(json) : text;
  } finally {
    store.close();
  }
}

/** Null for one that is not queued, and in a store that an older version wrote. */
function waitingOf(
  store: Database,
  { id, state }: TaskRecord,
  env: Env,
  config: Config,
): Waiting | null {
  if (state !== "queued" || !hasColumn(store, "tasks", "group_key"))
    return null;
  const standing = standingOf(store, id);
  if (standing === null) return null;
  const { dueBoot, groupKey, groupLimit, cancelAsked, ...rest } = standing;
  const isParked = dueBoot === PARKED_BOOT && groupKey !== null;
  return {
    ...rest,
    cancelAsked: cancelAsked === 1,
    dueInMs: dueBoot === null || isParked ? null : dueBoot - env.boot(),
    group: isParked
      ? {
          key: groupKey,
          limit: groupLimit ?? 1,
          held: heldOfGroup(store, groupKey),
        }
      : null,
    ahead: rest.holder === null ? 0 : aheadOf(store, standing),
    servers: openInstances(store, {
      env,
      locks: new InstanceLocks(config.home),
      rhythm: config.instances,
    }).filter(isRunning).length,
  };
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
