/** Conditions as the partial indexes of store/schema.ts have them: spelled with parameters, SQLite would not see that one applies. */

import { sql, type SQL } from "drizzle-orm";

/** A task that can be claimed. */
export const READY: SQL = sql`state = 'queued' AND holder IS NULL AND pending = 0 AND due_boot IS NULL`;
/** One of a group that waits for no other task. */
export const GROUP_WAITING: SQL = sql`state = 'queued' AND holder IS NULL AND pending = 0 AND group_key IS NOT NULL`;
export const GROUP_HELD: SQL = sql`group_key IS NOT NULL AND holder IS NOT NULL`;
export const HELD: SQL = sql`holder IS NOT NULL`;
export const CANCEL_ASKED: SQL = sql`cancel_asked = 1 AND holder IS NOT NULL`;
export const LEASED: SQL = sql`lease_boot IS NOT NULL`;
export const DELAYED: SQL = sql`state = 'queued' AND due_boot IS NOT NULL`;
