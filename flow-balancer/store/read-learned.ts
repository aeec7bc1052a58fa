/** What a learner saved (learned-states.ts), for whoever goes on from it or only looks: what is damaged is as good as not there. */

import type { Database } from "bun:sqlite";
import { unpackText, type StoredText } from "../codec/stored-text.ts";

export interface LearnedState {
  /** What was saved, as data from outside: the learner checks it. Null: there is nothing to go by. */
  readonly state: unknown;
  /** Of the last outcome that is part of it: go on after it. 0 without a state. */
  readonly seq: number;
  /** What a swap has to name; grows with every save. 0: nothing was saved yet. */
  readonly revision: number;
  /** Why a state that is there is not to be used; null: nothing is wrong. */
  readonly warning: string | null;
}

interface Row {
  readonly revision: unknown;
  readonly seq: unknown;
  readonly state: StoredText;
  /** The newest outcome there is. */
  readonly last: number;
}

const NOTHING = { state: null, seq: 0, warning: null } as const;

/**
 * Never throws for what is stored; also of a file of an older version, in which nothing was learned.
 * `version` is of the state's form: another one's state is not seen.
 */
export function readLearned(
  raw: Database,
  learner: string,
  version: number,
): LearnedState {
  const row = rowOf(raw, learner, version);
  if (row === null) return { ...NOTHING, revision: 0 };
  const revision = Number.isSafeInteger(row.revision)
    ? (row.revision as number)
    : 0;
  const what = `what '${learner}' (version ${version}) had learned`;
  try {
    const state: unknown = JSON.parse(unpackText(row.state, what));
    if (typeof state !== "object" || state === null)
      throw new Error(`${what} is damaged: it is no JSON object`);
    const { seq, last } = row;
    // Who went on after one that is yet to come would learn nothing until then.
    if (typeof seq !== "number" || !(seq >= 0 && seq <= last))
      throw new Error(
        `${what} is damaged: it goes up to outcome ${String(seq)}, and there are ${last}`,
      );
    return { state, seq, revision, warning: null };
  } catch (thrown) {
    const why =
      thrown instanceof SyntaxError
        ? `${what} is damaged: ${thrown.message}`
        : (thrown as Error).message;
    return { ...NOTHING, revision, warning: `${why}; it is learned again` };
  }
}

function rowOf(raw: Database, learner: string, version: number): Row | null {
  const table = raw
    .query("SELECT 1 FROM sqlite_schema WHERE name = 'learned_states'")
    .get();
  if (table === null) return null;
  return raw
    .query<Row, [string, number]>(
      `SELECT revision, seq, state, (SELECT coalesce(max(seq), 0) FROM outcomes) AS last
       FROM learned_states WHERE learner = ?1 AND version = ?2`,
    )
    .get(learner, version);
}
