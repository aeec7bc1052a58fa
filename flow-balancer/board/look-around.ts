/** Before anything is given out or shown: leases that ran out are taken back, and whose they were is written down. */

import { SHELL_BRIDGE } from "../core/ids.ts";
import type { BoardContext } from "./board-context.ts";

/** The last attempt that was looked at. */
const ATTEMPTS_SEEN = "board_attempts_seen";

export async function lookAround(context: BoardContext): Promise<void> {
  const { queue, store, writes, meta, log, resources, changed } = context;
  const { expired, due } = await queue.sweep();
  if (expired + due > 0) context.onReleased?.();
  const seen = (): number => meta.number(ATTEMPTS_SEEN);
  const last = (): number => writes.lastAttempt.get()?.id ?? 0;
  // Instances sweep too, and know nothing of the board: what they took back is told here.
  if (expired === 0 && last() <= seen()) return;
  const told = await store.commit.write(() => {
    const lostOnes = writes.lostSince.all({ after: seen() });
    for (const { taskId, holder, workedBy, end } of lostOnes) {
      const lostBy = holder === SHELL_BRIDGE ? workedBy : holder;
      // An offer that no script took is nobody's loss.
      if (lostBy !== SHELL_BRIDGE)
        log.add("board.expired", taskId, null, { lost_by: lostBy, end });
    }
    meta.set(ATTEMPTS_SEEN, String(last()));
    resources.sweep();
    if (lostOnes.length > 0) log.countChange();
    return lostOnes.length;
  });
  if (told > 0) changed();
}
