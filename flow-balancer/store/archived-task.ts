/** A task as it leaves the database: every row that is its own, as one line of JSON. Columns keep their names; bytes are base64. */

import type { StoredText } from "../codec/stored-text.ts";
import type { attempts, taskOutputs, tasks } from "./schema.ts";
import type { boardItems, boardNotes } from "./shared-schema.ts";

export interface ArchivedTask {
  readonly task: typeof tasks.$inferSelect;
  readonly output: typeof taskOutputs.$inferSelect | null;
  readonly attempts: readonly (typeof attempts.$inferSelect)[];
  /** What a task of the board has beside. */
  readonly item: typeof boardItems.$inferSelect | null;
  readonly notes: readonly (typeof boardNotes.$inferSelect)[];
}

/** Columns may be added: a line of before lacks them. */
const LINE_SCHEMA = 1;

export const toLine = (archived: ArchivedTask): string =>
  JSON.stringify({ schema: LINE_SCHEMA, ...archived }, (_, value: unknown) =>
    value instanceof Uint8Array
      ? { packed: Buffer.from(value).toString("base64") }
      : value,
  );

/** Of a line whose hash was checked. */
export function parseLine(line: string): ArchivedTask {
  const { task, output, ...rest } = JSON.parse(line) as ArchivedTask;
  return {
    ...rest,
    task: {
      ...task,
      inputJson: storedText(task.inputJson),
      valueJson: task.valueJson === null ? null : storedText(task.valueJson),
    },
    output:
      output === null ? null : { ...output, text: storedText(output.text) },
  };
}

const storedText = (
  said: StoredText | { readonly packed: string },
): StoredText =>
  typeof said === "object" && "packed" in said
    ? new Uint8Array(Buffer.from(said.packed, "base64"))
    : said;
