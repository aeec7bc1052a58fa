/** Moments at which a policy came to another choice than before, from the newest of what it decided. */

import type { Database } from "bun:sqlite";
import type { LearningView } from "../../monitoring/api/shared-views.ts";
import { parseOrNull } from "../core/json.ts";

interface Row {
  readonly at: number;
  readonly policy: string;
  readonly version: string;
  readonly choice: string;
  readonly propensity: number;
  readonly reasonJson: string;
}

const NEWEST = 500;

/**
 * Of the gate that lets one expert answer or several: where it changed its mind for a type of task. Of
 * every policy: where another version of it began to decide. The oldest first.
 */
export function decisionChanges(raw: Database): LearningView["changes"] {
  const rows = raw
    .query<Row, []>(
      `SELECT at, policy, version, choice, propensity, reason AS reasonJson FROM decisions ORDER BY id DESC LIMIT ${NEWEST}`,
    )
    .all()
    .reverse();
  const last = new Map<string, string>();
  const moved = (key: string, value: string): string | null => {
    const before = last.get(key);
    last.set(key, value);
    return before === undefined || before === value ? null : before;
  };
  return rows.flatMap((row) => {
    const { at, policy, version, choice } = row;
    const isGate = policy === "ensemble";
    const what = isGate ? "gate" : "routing";
    const older = moved(policy, version);
    const changes =
      older === null
        ? []
        : [
            {
              at,
              what,
              summary: `${policy} decides by version ${version}, before by ${older}`,
            },
          ];
    if (!isGate) return changes;
    const type = typeOf(row.reasonJson);
    const before = moved(`gate ${type}`, choice);
    return before === null
      ? changes
      : [
          ...changes,
          {
            at,
            what,
            summary: `tasks of type ${type} went from ${before} to ${choice}, with odds of ${Math.round(row.propensity * 100)}%`,
          },
        ];
  });
}

function typeOf(json: string): string {
  const { type } = (parseOrNull(json) ?? {}) as { type?: unknown };
  return typeof type === "string" ? type : "?";
}
