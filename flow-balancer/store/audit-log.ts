/** What persons asked of servers, one row an action, with what takes it back: written with everything else of its turn, read newest first. */

import { and, desc, eq, isNull } from "drizzle-orm";
import { parseOrNull, type JsonValue } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";
import type { Store } from "./database.ts";
import { audit } from "./shared-schema.ts";

type JsonObject = { readonly [key: string]: JsonValue };

export interface NewAuditEntry {
  /** `noun.past`. */
  readonly action: string;
  readonly by: string;
  /** On what. */
  readonly target: string;
  readonly detail: JsonObject;
  /** What takes it back; null: nothing does. */
  readonly undo: JsonObject | null;
}

export interface AuditEntry extends NewAuditEntry {
  /** Grows with every entry. */
  readonly seq: number;
  readonly at: EpochMs;
  /** The entry that took it back. */
  readonly undoneBy: number | null;
}

/** Listed at once. */
const NEWEST = 500;
/** Names and targets, characters: they come from outside. */
const MAX_CHARS = 200;

export class AuditLog {
  readonly #store: Store;
  readonly #env: Env;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
  }

  /** Resolves once it is on disk. `undoes`: the entry that this one takes back. */
  add(entry: NewAuditEntry, undoes?: number): Promise<AuditEntry> {
    const { orm, commit } = this.#store;
    const { action, detail, undo } = entry;
    const by = entry.by.slice(0, MAX_CHARS);
    const target = entry.target.slice(0, MAX_CHARS);
    return commit.write(() => {
      const at = this.#env.now();
      const undoJson = undo === null ? null : JSON.stringify(undo);
      const detailJson = JSON.stringify(detail);
      const { seq } = orm
        .insert(audit)
        .values({ at, action, by, target, detailJson, undoJson })
        .returning({ seq: audit.seq })
        .get();
      if (undoes !== undefined)
        orm
          .update(audit)
          .set({ undoneBy: seq })
          .where(and(eq(audit.seq, undoes), isNull(audit.undoneBy)))
          .run();
      return { ...entry, by, target, seq, at, undoneBy: null };
    });
  }

  /** Null: there is no such entry (any more). */
  get(seq: number): AuditEntry | null {
    const row = this.#store.orm
      .select()
      .from(audit)
      .where(eq(audit.seq, seq))
      .limit(1)
      .get();
    return row === undefined ? null : entryOf(row);
  }

  /** At most 500, the newest first. */
  newest(): AuditEntry[] {
    return this.#store.orm
      .select()
      .from(audit)
      .orderBy(desc(audit.seq))
      .limit(NEWEST)
      .all()
      .map(entryOf);
  }
}

const entryOf = ({
  detailJson,
  undoJson,
  at,
  ...row
}: typeof audit.$inferSelect): AuditEntry => ({
  ...row,
  at: at as EpochMs,
  detail: objectOf(detailJson) ?? {},
  undo: objectOf(undoJson),
});

/** What is damaged takes nothing back. */
function objectOf(json: string | null): JsonObject | null {
  const value = parseOrNull(json);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null;
}
