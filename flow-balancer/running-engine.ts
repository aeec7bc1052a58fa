/** An engine that runs, and the order in which it ends: first nothing more is taken on, then what runs ends, then the others see it go. */

import type { SqliteBoard } from "./board/sqlite-board.ts";
import type { Update } from "./core/board.ts";
import type { HolderId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { HomeSharing } from "./home-sharing.ts";
import type { HomeUpkeep } from "./home-upkeep.ts";
import type { RunningEngine } from "./lazy-engine.ts";
import type { LocalEngine } from "./local-engine.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { SessionKeeping } from "./session-keeping.ts";
import type { Log } from "./stderr-log.ts";
import { closeStore, type Store } from "./store/database.ts";

/** What nearly every part is made of. */
export interface Base {
  readonly env: Env;
  readonly home: string;
  readonly log: Log;
  readonly store: Store;
  readonly queue: TaskQueue;
}

interface Parts {
  readonly base: Base;
  readonly engine: LocalEngine;
  readonly pool: MultiTierPoolManager;
  readonly dispatcher: Dispatcher;
  readonly sharing: HomeSharing;
  readonly keeping: SessionKeeping;
  readonly upkeep: HomeUpkeep;
  readonly board: SqliteBoard;
}

export function runningEngine(parts: Parts): RunningEngine {
  let closed: Promise<void> | undefined;
  return {
    engine: parts.engine,
    close: (drainMs) => (closed ??= end(parts, drainMs)),
  };
}

async function end(
  { base, engine, pool, dispatcher, sharing, keeping, upkeep, board }: Parts,
  drainMs: number,
): Promise<void> {
  const settled = dispatcher.close();
  await sharing.quiet();
  await pool.close(drainMs);
  await settled;
  await leaveBoard(engine.passingHolders(), base, board);
  keeping.stop();
  await upkeep.stop({ isLast: sharing.isAlone });
  flush(board, base.log);
  await sharing.leave();
  await closeStore(base.store);
}

/** Whoever goes by a connection alone will not come back to what it claimed. */
async function leaveBoard(
  holders: readonly HolderId[],
  { queue, log }: Base,
  board: SqliteBoard,
): Promise<void> {
  for (const holder of holders)
    for (const { id } of await queue.held(holder))
      await board.update(id, holder, GIVE_BACK).catch((thrown: unknown) =>
        log("warn", "board.release_failed", {
          task: id,
          error: String(thrown),
        }),
      );
}

const GIVE_BACK: Update = {
  progress: null,
  note: null,
  claimResources: [],
  releaseResources: [],
  release: true,
  leaseMs: null,
};

/** The file is for readers only; what it shows is in the store. */
function flush(board: SqliteBoard, log: Log): void {
  try {
    board.flush();
  } catch (thrown) {
    log("warn", "board.file_failed", { error: String(thrown) });
  }
}
