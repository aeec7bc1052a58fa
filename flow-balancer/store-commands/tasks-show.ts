/** `flow-balancer tasks show` and `tasks output`: one task, and what it printed. */

import type { Database } from "bun:sqlite";
import { type StoredText, unpackText } from "../codec/stored-text.ts";
import type { Answer } from "../commands/answer.ts";
import { tasksShowAnswer } from "../commands/tasks-show.ts";
import type { Terminal } from "../commands/terminal.ts";
import { BalancerError } from "../core/errors.ts";
import { count } from "../core/figures.ts";
import { printableJson, printableLines } from "../core/printable.ts";
import { quoted } from "../core/quoted.ts";
import { readStore, type Where } from "./read-store.ts";
import { readTaskDetails } from "./read-task-details.ts";
import { findTask } from "./read-tasks.ts";
import { readRows } from "./rows.ts";

/** Throws NOT_FOUND. */
export async function tasksShow(
  id: string,
  where: Where,
  as: Terminal | "json",
): Promise<Answer> {
  const { env } = where;
  const details = await wherever(id, where, (db) =>
    readTaskDetails(db, env, id),
  );
  return tasksShowAnswer(details, env.now(), as);
}

/** As it was printed, unless somebody is looking: what goes to a terminal must not steer it. Throws NOT_FOUND. */
export async function tasksOutput(
  id: string,
  where: Where,
  as: Terminal | "json",
): Promise<Answer> {
  const { text, bytesSeen, truncated } = await wherever(id, where, (db) =>
    findTask(db, where.env, id) === null ? null : outputOf(db, id),
  );
  if (as === "json")
    return {
      data: printableJson({
        schema: 1,
        task_id: id,
        text,
        bytes_printed: bytesSeen,
        truncated,
      }),
    };
  const shown = text.replace(/\n$/, "");
  return {
    data: as.width === Infinity ? shown : printableLines(shown),
    notes: truncated
      ? [`It printed ${count(bytesSeen, "byte")}; the middle was dropped.`]
      : [],
  };
}

/** In the store, or else in the archive. Throws NOT_FOUND. */
async function wherever<T>(
  id: string,
  where: Where,
  read: (db: Database) => T | null,
): Promise<T> {
  const stored = readStore(where, ({ db, path, config }) => ({
    found: read(db),
    path,
    home: config.home,
  }));
  if (stored.found !== null) return stored.found;
  const { readArchived } = await import("./read-archived.ts");
  const archived = await readArchived(stored.home, id, where.env, read);
  if (archived !== null) return archived;
  throw new BalancerError(
    "NOT_FOUND",
    `there is no task ${quoted(id)} in ${stored.path}, nor in its archive`,
    { hint: "'flow-balancer tasks list' shows those there are." },
  );
}

function outputOf(
  db: Database,
  id: string,
): { text: string; bytesSeen: number; truncated: boolean } {
  const [row] = readRows<{
    text: StoredText;
    bytesSeen: number;
    truncated: number;
  }>(
    db,
    "task_outputs",
    { text: "text", bytesSeen: "bytes_seen", truncated: "truncated" },
    "WHERE task_id = ?",
    [id],
  );
  return row === undefined
    ? { text: "", bytesSeen: 0, truncated: false }
    : {
        text: unpackText(row.text, `what ${id} printed`),
        bytesSeen: row.bytesSeen,
        truncated: row.truncated === 1,
      };
}
