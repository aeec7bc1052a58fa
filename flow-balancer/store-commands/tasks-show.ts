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
export function tasksShow(
  id: string,
  where: Where,
  as: Terminal | "json",
): Answer {
  const { env } = where;
  return readStore(where, ({ db, path }) => {
    const details = readTaskDetails(db, env, id);
    if (details === null) throw noSuchTask(id, path);
    return tasksShowAnswer(details, env.now(), as);
  });
}

/** As it was printed, unless somebody is looking: what goes to a terminal must not steer it. Throws NOT_FOUND. */
export function tasksOutput(
  id: string,
  where: Where,
  as: Terminal | "json",
): Answer {
  return readStore(where, ({ db, path }) => {
    if (findTask(db, where.env, id) === null) throw noSuchTask(id, path);
    const output = outputOf(db, id);
    if (as === "json")
      return {
        data: printableJson({
          schema: 1,
          task_id: id,
          text: output?.text ?? "",
          bytes_printed: output?.bytesSeen ?? 0,
          truncated: output?.truncated ?? false,
        }),
      };
    const text = (output?.text ?? "").replace(/\n$/, "");
    return {
      data: as.width === Infinity ? text : printableLines(text),
      notes:
        output?.truncated === true
          ? [
              `It printed ${count(output.bytesSeen, "byte")}; the middle was dropped.`,
            ]
          : [],
    };
  });
}

function outputOf(
  db: Database,
  id: string,
): { text: string; bytesSeen: number; truncated: boolean } | null {
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
    ? null
    : {
        text: unpackText(row.text, `what ${id} printed`),
        bytesSeen: row.bytesSeen,
        truncated: row.truncated === 1,
      };
}

const noSuchTask = (id: string, path: string): BalancerError =>
  new BalancerError("NOT_FOUND", `there is no task ${quoted(id)} in ${path}`, {
    hint: "'flow-balancer tasks list' shows those there are.",
  });
