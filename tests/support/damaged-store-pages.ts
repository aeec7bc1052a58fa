/**
 * What comes of a bit that flips in flow.db itself, for whose pages SQLite keeps no checksum: all of
 * a store is read as a server reads it, and compared with what it was. In memory, which is what makes
 * thousands of times affordable.
 */

import { Database } from "bun:sqlite";
import {
  type StoredText,
  unpackText,
} from "../../flow-balancer/codec/stored-text.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import type { TaskRecord } from "../../flow-balancer/core/task.ts";
import { TaskReader } from "../../flow-balancer/queue/task-reader.ts";
import { migrate } from "../../flow-balancer/store/migrate.ts";
import { assertSound } from "./damaged-store.ts";

type Verdict =
  /** The store does not open, or not all of it can be read: the error says so. */
  | "refused"
  /** A text that does not match its checksum is said to be damaged. */
  | "payload damaged"
  /** What is read is other than it was, and only a check of the whole file tells. */
  | "found by a check"
  /** All is read as it was; a check of the whole file finds something. */
  | "latent"
  /** All is read as it was, and nothing is found: of use to nobody. */
  | "harmless"
  /** Something else is read than was written, and nothing says so. */
  | "silent";

export interface Judgement {
  readonly verdict: Verdict;
  /** Names of what is read otherwise. */
  readonly changed: readonly string[];
  /** Why it was refused. */
  readonly error?: unknown;
}

/** It decides whether a store is too new, or old. */
const MIGRATIONS = "__drizzle_migrations";

const OTHERS = ["task_outputs", "tallies", "outcomes", "meta", MIGRATIONS];

const PACKED = `SELECT input AS bytes FROM tasks WHERE typeof(input) = 'blob'
  UNION ALL SELECT value FROM tasks WHERE typeof(value) = 'blob'
  UNION ALL SELECT text FROM task_outputs WHERE typeof(text) = 'blob'`;

/** All that can be read of a store, by names that say where it is from. */
type Reading = ReadonlyMap<string, unknown>;

export class StorePages {
  readonly bytes: Uint8Array;
  readonly ids: readonly TaskId[];
  /** Where the packed texts lie, which have checksums of their own. */
  readonly packed: readonly { from: number; to: number }[];
  readonly #rows: unknown[][];
  readonly #truth: Reading;

  /** Takes the bytes of a flow.db that was closed. */
  constructor(bytes: Uint8Array) {
    this.bytes = Uint8Array.from(bytes);
    // One in memory can have no log: read and written as of before there were logs.
    this.bytes[18] = this.bytes[19] = 1;
    using raw = Database.deserialize(this.bytes);
    this.ids = raw
      .query<{ id: TaskId }, []>("SELECT id FROM tasks ORDER BY seq")
      .all()
      .map(({ id }) => id);
    this.#rows = this.#rowsOf(raw);
    this.#truth = this.#read(raw);
    this.packed = raw
      .prepare<{ bytes: Uint8Array }, []>(PACKED)
      .all()
      .map(({ bytes }) => this.#placeOf(bytes));
  }

  /** With that bit flipped. */
  flip(byte: number, bit: number): Judgement {
    this.bytes[byte]! ^= 1 << bit;
    try {
      return this.#judge();
    } finally {
      this.bytes[byte]! ^= 1 << bit;
    }
  }

  #judge(): Judgement {
    let raw: Database | undefined;
    try {
      raw = Database.deserialize(this.bytes, { strict: true });
      if (Bun.deepEquals(this.#rowsOf(raw), this.#rows)) {
        const verdict = isSound(raw) ? "harmless" : "latent";
        return { verdict, changed: [] };
      }
      const read = this.#read(raw);
      const changed = [...this.#truth.keys()].filter(
        (key) => !Bun.deepEquals(read.get(key), this.#truth.get(key)),
      );
      if (changed.includes(MIGRATIONS)) migrate(raw, "flow.db");
      return { verdict: verdictOf(raw, read, changed), changed };
    } catch (error) {
      return { verdict: "refused", changed: [], error };
    } finally {
      raw?.close();
    }
  }

  /** Pages keep what they held before: of the places with these bytes, the one that is read. */
  #placeOf(bytes: Uint8Array): { from: number; to: number } {
    const all = Buffer.from(this.bytes);
    let from = all.indexOf(bytes);
    while (from >= 0 && this.flip(from, 0).changed.length === 0)
      from = all.indexOf(bytes, from + 1);
    if (from < 0) throw new Error("it does not lie in one piece");
    return { from, to: from + bytes.length };
  }

  /** Each task as its id leads to it, and the other tables. */
  #rowsOf(raw: Database): unknown[][] {
    const byId = raw.prepare("SELECT * FROM tasks WHERE id = ?");
    return [
      ...this.ids.flatMap((id) => byId.values(id)),
      ...OTHERS.flatMap((table) => rowsOf(raw, table)),
    ];
  }

  #read(raw: Database): Reading {
    const read = new Map<string, unknown>();
    const reader = new TaskReader(raw);
    for (const id of this.ids) {
      const task = reader.get(id);
      if (task !== null) noteTask(task, read);
    }
    for (const [id, text, ...more] of rowsOf(raw, "task_outputs")) {
      const printed = orDamage(() => unpackText(text as StoredText, "output"));
      read.set(`${String(id)}.output`, printed);
      read.set(`${String(id)}.seen`, more);
    }
    for (const table of ["tallies", "outcomes", "meta"] as const)
      read.set(table, rowsOf(raw, table));
    // All that is read of them is their times.
    read.set(
      MIGRATIONS,
      rowsOf(raw, MIGRATIONS).map(([, , at]) => at),
    );
    return read;
  }
}

/** Each statement is for one database. */
const rowsOf = (raw: Database, table: string): unknown[][] =>
  raw.prepare(`SELECT * FROM ${table}`).values();

/** With its texts unpacked, or what is said of them. */
function noteTask(task: TaskRecord, read: Map<string, unknown>): void {
  const { id, result, state, kind, queue, holder, attempt, priority } = task;
  const note = (key: string, value: unknown) => read.set(`${id}.${key}`, value);
  note("state", state);
  note("terms", [kind, queue, holder, attempt, priority, task.after]);
  note("times", [task.submittedAt, task.startedAt, task.settledAt]);
  note(
    "inputJson",
    orDamage(() => task.inputJson),
  );
  note(
    "valueJson",
    orDamage(() => result?.valueJson),
  );
  note("error", result !== null && "error" in result ? result.error : null);
}

function orDamage<T>(read: () => T): T | string {
  try {
    return read();
  } catch (thrown) {
    const { code } = thrown as { code?: unknown };
    if (code === "PAYLOAD_DAMAGED") return code;
    throw thrown;
  }
}

const isDamage = (value: unknown): boolean =>
  value === "PAYLOAD_DAMAGED" ||
  (value as { code?: unknown } | null | undefined)?.code === "PAYLOAD_DAMAGED";

function verdictOf(
  raw: Database,
  read: Reading,
  changed: readonly string[],
): Verdict {
  if (changed.some((key) => isDamage(read.get(key)))) return "payload damaged";
  const isSame = changed.length === 0;
  if (isSound(raw)) return isSame ? "harmless" : "silent";
  return isSame ? "latent" : "found by a check";
}

function isSound(raw: Database): boolean {
  try {
    assertSound(raw);
    return true;
  } catch {
    return false;
  }
}
