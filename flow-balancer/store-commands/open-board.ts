/** The board of this home for a command that changes it: no server is needed, and none minds. */

import { existsSync } from "node:fs";
import { suggestWork } from "../../orchestrator/routing/suggest-work.ts";
import { LOOK_LIMIT_MS } from "../board/check-evidence.ts";
import { SqliteBoard } from "../board/sqlite-board.ts";
import {
  prepareHome,
  refuseFullHome,
  refuseUnsafeHome,
} from "../config/prepare-home.ts";
import type { Board } from "../core/board.ts";
import type { TaskQueue } from "../core/queue.ts";
import { ClaimFolders } from "../queue/claim-folders.ts";
import { SqliteQueue } from "../queue/sqlite-queue.ts";
import { closeStore, openStore } from "../store/database.ts";
import { checkCommand } from "./check-command.ts";
import {
  configOf,
  nothingStored,
  storePath,
  type Where,
} from "./read-store.ts";

export interface OpenBoard {
  readonly board: Board;
  readonly queue: TaskQueue;
  /** Weight one holder takes on. */
  readonly capacity: number;
}

/** A moment before the board gives up, so that it is told what became of the command. */
const CHECK_TIMEOUT_MS = LOOK_LIMIT_MS - 1_000;

/**
 * Everything `use` did is on disk once it resolves. With `create` the home is made if it is not there;
 * otherwise throws NOT_FOUND. Throws INVALID_CONFIG, UNSAFE_PERMISSIONS, SCHEMA_TOO_NEW, STORAGE_FULL, STORAGE_DAMAGED,
 * STORAGE_FAILED.
 */
export async function withBoard<T>(
  where: Where,
  { create }: { readonly create: boolean },
  use: (open: OpenBoard) => Promise<T>,
): Promise<T> {
  const { env, around } = where;
  const config = configOf(where);
  const path = storePath(config);
  if (!create && !existsSync(path)) {
    refuseUnsafeHome(config.home);
    throw nothingStored(path);
  }
  // What is held back of the disk is for ending what there is, not for more of it.
  if (create) refuseFullHome(config.home);
  prepareHome(config);
  const store = openStore(path, config.durability, env);
  try {
    const queue = new SqliteQueue(store, env);
    // What is offered to scripts is anybody's, whether the server that offers it runs or not.
    const folders = new ClaimFolders(config.home, () => env.unique());
    const board = new SqliteBoard({
      store,
      queue,
      env,
      suggest: suggestWork,
      checkCommand: (argv, cwd) =>
        checkCommand(argv, cwd, {
          root: config.projectRoot,
          environment: around.env,
          timeoutMs: CHECK_TIMEOUT_MS,
        }),
      home: config.home,
      root: config.projectRoot,
      capacity: config.board.capacity,
      leaseMs: config.board.leaseMs,
      withdraw: (id, fence) => folders.withdraw({ id, fence }),
    });
    const answer = await use({ board, queue, capacity: config.board.capacity });
    board.flush();
    return answer;
  } finally {
    await closeStore(store);
  }
}
