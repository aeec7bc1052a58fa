/** An engine that runs, and the order in which it ends: first nothing more is taken on, then what runs ends, then the others see it go. */

import type { SqliteBoard } from "./board/sqlite-board.ts";
import { connectionPrefix } from "./client-session.ts";
import type { InstanceId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { DeadlineDesk } from "./deadline-desk.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { HomeSharing } from "./home-sharing.ts";
import type { HomeUpkeep } from "./home-upkeep.ts";
import type { RunningEngine, Watching } from "./lazy-engine.ts";
import type { LocalEngine } from "./local-engine.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { RoutingDesk } from "./routing-desk.ts";
import type { SessionKeeping } from "./session-keeping.ts";
import type { Log } from "./server-log.ts";
import { closeStore, type Store } from "./store/database.ts";
import type { TaskTracer } from "../monitoring/tracing/task-tracer.ts";

/** What nearly every part is made of. */
export interface Base {
  readonly env: Env;
  readonly home: string;
  readonly log: Log;
  readonly store: Store;
  readonly queue: TaskQueue;
}

export interface Parts {
  readonly id: InstanceId;
  readonly base: Base;
  readonly engine: LocalEngine;
  readonly pool: MultiTierPoolManager;
  readonly dispatcher: Dispatcher;
  readonly sharing: HomeSharing;
  readonly keeping: SessionKeeping;
  readonly upkeep: HomeUpkeep;
  readonly board: SqliteBoard;
  readonly deadlines: DeadlineDesk | null;
  readonly routing: RoutingDesk | null;
  readonly tracer: Pick<TaskTracer, "close"> | null;
  readonly watching: { view(): Watching; stop(): Promise<void> };
}

export function runningEngine(parts: Parts): RunningEngine {
  let closed: Promise<void> | undefined;
  return {
    engine: parts.engine,
    watching: async () => parts.watching.view(),
    close: (drainMs) => (closed ??= end(parts, drainMs)),
  };
}

async function end(parts: Parts, drainMs: number): Promise<void> {
  const { id, base, engine, pool, dispatcher, sharing, board } = parts;
  const { keeping, upkeep, deadlines, routing } = parts;
  const settled = dispatcher.close();
  await sharing.quiet();
  await pool.close(drainMs);
  await settled;
  const stopped = [deadlines, routing].map((it) => it?.stop());
  await Promise.all([...stopped, engine.saveLearned()]);
  // Whoever goes by a connection alone will not come back to what it claimed.
  await board
    .leave(connectionPrefix(id))
    .catch((thrown: unknown) => logFailure(base.log, thrown));
  keeping.stop();
  await upkeep.stop({ isLast: sharing.isAlone });
  await parts.watching.stop();
  flush(board, base.log);
  await Promise.all([sharing.leave(), parts.tracer?.close()]);
  await closeStore(base.store);
}

/** The file is for readers only; what it shows is in the store. */
function flush(board: SqliteBoard, log: Log): void {
  try {
    board.flush();
  } catch (thrown) {
    logFailure(log, thrown);
  }
}

const logFailure = (log: Log, thrown: unknown): void =>
  log("warn", "board.failed", { error: String(thrown) });
