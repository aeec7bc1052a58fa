/**
 * After a restart of the machine its boot clock counts from zero again: what is stored in it is set anew,
 * once, by whoever opens the file first. Who held something under a lease is gone; what was to wait goes
 * on waiting by the wall clock, which is all that is left to go by.
 */

import type { Database } from "bun:sqlite";
import type { Env } from "../core/ports.ts";

const BOOT_ID = "boot_id";

export function rebaseBootClock(raw: Database, env: Env): void {
  // As nearly always: no lock is needed to see that nothing is to be done.
  if (storedBootId(raw) === env.bootId) return;
  raw
    .transaction(() => {
      const stored = storedBootId(raw);
      if (stored === env.bootId) return;
      if (stored !== null) {
        raw.run("UPDATE tasks SET lease_boot = 0 WHERE lease_boot IS NOT NULL");
        // Without a `due_at` it does not wait for a time.
        raw.run(
          `UPDATE tasks SET due_boot = ? + max(0, due_at - ?)
            WHERE state = 'queued' AND due_boot IS NOT NULL AND due_at IS NOT NULL`,
          [env.boot(), env.now()],
        );
        raw.run("UPDATE resource_claims SET lease_boot = 0");
      }
      raw.run(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [BOOT_ID, env.bootId],
      );
    })
    .immediate();
}

const storedBootId = (raw: Database): string | null =>
  raw
    .query<{ value: string }, [string]>("SELECT value FROM meta WHERE key = ?")
    .get(BOOT_ID)?.value ?? null;
