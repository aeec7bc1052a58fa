/** What policies chose for a task, with the odds. */

import type { Database } from "bun:sqlite";
import type { TaskDetailView } from "../../monitoring/api/task-views.ts";
import { parseOrNull } from "../core/json.ts";

type Decision = TaskDetailView["decisions"][number];

interface Row {
  readonly at: number;
  readonly attempt: number;
  readonly policy: string;
  readonly version: string;
  readonly choice: string;
  readonly propensity: number;
  readonly alternativesJson: string;
}

const MOST = 100;

/** The oldest first. */
export const decisionsOf = (raw: Database, taskId: string): Decision[] =>
  raw
    .query<Row, [string]>(
      `SELECT at, attempt, policy, version, choice, propensity, alternatives AS alternativesJson
       FROM decisions WHERE task_id = ? ORDER BY id LIMIT ${MOST}`,
    )
    .all(taskId)
    .map(({ alternativesJson, ...row }) => ({
      ...row,
      alternatives: alternativesOf(alternativesJson),
    }));

/** Written by the program itself; what is damaged says nothing. */
function alternativesOf(json: string): Decision["alternatives"] {
  const list = parseOrNull(json);
  if (!Array.isArray(list)) return [];
  return list.flatMap((it) => {
    const { choice, propensity, score } = (it ?? {}) as Record<string, unknown>;
    return typeof choice === "string" && typeof propensity === "number"
      ? [
          {
            choice,
            propensity,
            score: typeof score === "number" ? score : null,
          },
        ]
      : [];
  });
}
