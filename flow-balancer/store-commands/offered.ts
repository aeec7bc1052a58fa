/** What the bridge offers to scripts: it holds such an item, and until a script takes it, it is anybody's. */

import { SHELL_BRIDGE } from "../core/ids.ts";

/** A condition on a row of `tasks`, in a store that knows of boards. */
export const OFFERED = `(tasks.holder = '${SHELL_BRIDGE}' AND EXISTS (SELECT 1 FROM board_items WHERE board_items.seq = tasks.seq AND worked_by = '${SHELL_BRIDGE}'))`;

/** The same of a row that was read; `workedBy` is of its item. */
export const isOffered = (
  holder: string | null,
  workedBy: string | null,
): boolean => holder === SHELL_BRIDGE && workedBy === SHELL_BRIDGE;

/** Who is at it: a script works under the bridge's lease. */
export const workerOf = (
  holder: string | null,
  workedBy: string | null,
): string | null => (holder === SHELL_BRIDGE ? (workedBy ?? holder) : holder);
