/** A store made empty again: opening one takes milliseconds, which thousands of short runs do not have. */

import type { Store } from "../../flow-balancer/store/database.ts";

export function emptyStore({ raw }: Store): void {
  for (const { name } of raw
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%migrations%'",
    )
    .all())
    raw.run(`DELETE FROM "${name.replaceAll('"', '""')}"`);
}
