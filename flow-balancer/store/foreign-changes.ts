/** Whether another connection has committed to a database since the last call: SQLite keeps that count in memory (PRAGMA data_version). */

import type { Database } from "bun:sqlite";

export function foreignChanges(raw: Database): () => boolean {
  const read = raw.query<{ data_version: number }, []>("PRAGMA data_version");
  let seen = read.get()?.data_version;
  return () => {
    const now = read.get()?.data_version;
    const isNew = now !== seen;
    seen = now;
    return isNew;
  };
}
