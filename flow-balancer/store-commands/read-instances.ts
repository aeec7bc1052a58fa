/** The servers a store knows, and whether their processes are still there. */

import type { Database } from "bun:sqlite";
import type { Config } from "../config.ts";
import type { Condition, InstanceView } from "../commands/instances.ts";
import type { InstanceId } from "../core/ids.ts";
import {
  type InstanceRecord,
  judge,
  type LockState,
  type Rhythm,
} from "../core/instance.ts";
import type { Env } from "../core/ports.ts";
import { InstanceLocks } from "../store/instance-locks.ts";
import { processState } from "../store/instance-process.ts";
import type { Where } from "./read-store.ts";
import { readRows } from "./rows.ts";

type Row = InstanceRecord;

const COLUMNS = {
  id: "id",
  pid: "pid",
  pidStarted: "pid_started",
  bootId: "boot_id",
  transport: "transport",
  projectRoot: "project_root",
  version: "version",
  startedAt: "started_at",
  heartbeatAt: "heartbeat_at",
  heartbeatBoot: "heartbeat_boot",
  endedAt: "ended_at",
  end: "end",
  share: "share",
  maxWorkers: "max_workers",
  wants: "wants",
} as const;

/** By what is told whether a server is there. */
interface Witness {
  readonly env: Env;
  readonly locks: InstanceLocks;
  readonly rhythm: Rhythm;
}

export const witnessOf = ({ env }: Where, config: Config): Witness => ({
  env,
  locks: new InstanceLocks(config.home),
  rhythm: config.instances,
});

/** Those whose end nobody has noted, the oldest first. */
export const openInstances = (db: Database, witness: Witness): InstanceView[] =>
  readRows<Row>(
    db,
    "instances",
    COLUMNS,
    "WHERE ended_at IS NULL ORDER BY started_at, id",
  ).map((row) => viewOf(db, row, witness));

/** Those that ended, the newest first. */
export const endedInstances = (
  db: Database,
  witness: Witness,
  limit: number,
): InstanceView[] =>
  readRows<Row>(
    db,
    "instances",
    COLUMNS,
    "WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id LIMIT ?",
    [limit],
  ).map((row) => viewOf(db, row, witness));

function viewOf(db: Database, row: Row, witness: Witness): InstanceView {
  const { env } = witness;
  return {
    ...row,
    heartbeatAgeMs:
      row.bootId === env.bootId
        ? Math.max(0, env.boot() - row.heartbeatBoot)
        : null,
    condition: conditionOf(row, witness),
    held: heldBy(db, row.id),
  };
}

function conditionOf(row: Row, { env, locks, rhythm }: Witness): Condition {
  if (row.endedAt !== null) return row.end ?? "stopped";
  const signs = {
    bootId: env.bootId,
    boot: env.boot(),
    // Nothing is taken from anybody here: who is silent is said to be.
    watchedMs: Infinity,
    lock: lockOf(row.id, locks),
    process: processState(row.pid, row.pidStarted),
  };
  const verdict = judge(row, signs, rhythm);
  if (verdict.isAlive) return "alive";
  return verdict.cause === "silent" ? "silent" : "gone";
}

/** An id that no server would make names no lock. */
function lockOf(id: InstanceId, locks: InstanceLocks): LockState {
  try {
    return locks.probe(id);
  } catch {
    return "absent";
  }
}

const heldBy = (db: Database, holder: string): number =>
  db
    .query<{ n: number }, [string]>(
      "SELECT count(*) AS n FROM tasks WHERE holder = ? AND holder IS NOT NULL",
    )
    .get(holder)?.n ?? 0;
