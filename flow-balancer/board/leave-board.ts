/** Gives back what is held under names that nobody will go by again, as those of connections whose server has gone. */

import type { Update } from "../core/board.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Store } from "../store/database.ts";

const GIVE_BACK: Update = {
  progress: null,
  note: null,
  claimResources: [],
  releaseResources: [],
  release: true,
  leaseMs: null,
};

/** `prefix` is how all those names begin. One that cannot be given back (it ended, it is another's by now) is passed over. */
export async function leaveBoard(
  { raw }: Store,
  update: (id: TaskId, by: HolderId, update: Update) => Promise<unknown>,
  prefix: string,
): Promise<void> {
  const held = raw
    .query<{ id: TaskId; holder: HolderId }, [string, string]>(
      "SELECT id, holder FROM tasks WHERE holder IS NOT NULL AND holder >= ? AND holder < ? AND queue = 'board'",
    )
    .all(prefix, `${prefix}\u{10ffff}`);
  for (const { id, holder } of held)
    await update(id, holder, GIVE_BACK).catch(() => {});
}
