/** A task that has left the store for the archive, in a store of its own in memory: so it is read as any other. */

import type { Database } from "bun:sqlite";
import type { TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import { findInArchive } from "../store/archive-file.ts";
import { openStore } from "../store/database.ts";
import { attempts, taskOutputs, tasks } from "../store/schema.ts";
import { boardItems, boardNotes } from "../store/shared-schema.ts";

/** Null if it is not there either. Throws PAYLOAD_DAMAGED. */
export async function readArchived<T>(
  home: string,
  id: string,
  env: Env,
  read: (db: Database) => T,
): Promise<T | null> {
  const found = await findInArchive(home, id as TaskId);
  if (found === null) return null;
  const { raw, orm } = openStore(":memory:", "normal", env);
  try {
    orm.insert(tasks).values(found.task).run();
    if (found.output !== null)
      orm.insert(taskOutputs).values(found.output).run();
    for (const row of found.attempts) orm.insert(attempts).values(row).run();
    if (found.item !== null) orm.insert(boardItems).values(found.item).run();
    for (const row of found.notes) orm.insert(boardNotes).values(row).run();
    return read(raw);
  } finally {
    raw.close();
  }
}
