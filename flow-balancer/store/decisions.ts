/**
 * What policies chose, one row a choice. It is joined to what came of it by task and attempt; from the
 * outcomes' side, so that the many tasks nobody had a choice about need no index of their own.
 */

import { asc, eq, sql } from "drizzle-orm";
import type {
  Alternative,
  DecisionRecord,
  NewDecision,
} from "../core/decision.ts";
import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import { type JsonValue, parseOrNull } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";
import type { Store } from "./database.ts";
import { decisions } from "./shared-schema.ts";

type Row = typeof decisions.$inferSelect;

export class Decisions {
  readonly #store: Store;
  readonly #env: Env;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#sql = prepare(store);
  }

  /** Resolves once it is on disk. False if there is no such task: nothing is recorded then. Throws INVALID_ARGUMENT for odds that are none. */
  async record(decision: NewDecision): Promise<boolean> {
    const { policy, propensity } = decision;
    if (!(propensity > 0 && propensity <= 1))
      throw new BalancerError(
        "INVALID_ARGUMENT",
        `the propensity of a decision of '${policy}' is ${propensity}, it has to be above 0 and at most 1`,
        { hint: "Say 1 where there was no chance in it." },
      );
    const { taskId, attempt, version, choice } = decision;
    const at = this.#env.now();
    const alternatives = JSON.stringify(decision.alternatives);
    const reason = JSON.stringify(decision.reason);
    return this.#store.commit.write(
      () =>
        this.#sql.record.run(
          ...[taskId, attempt, at, policy, version, choice],
          ...[alternatives, propensity, reason],
        ).changes === 1,
    );
  }

  /** The oldest first; also of a task that is in the archive by now. */
  ofTask(taskId: TaskId): DecisionRecord[] {
    return this.#sql.ofTask.all({ taskId }).map(toDecision);
  }

  /**
   * What was decided about the attempts whose outcomes came after outcome `after` and up to `upTo`, by the
   * outcome's `seq`. Where a policy decided it again, as of an attempt made again after a redrive, what it
   * decided last before the outcome.
   */
  behind(
    after: number,
    upTo: number,
  ): ReadonlyMap<number, readonly DecisionRecord[]> {
    const newest = new Map<string, readonly [number, Row]>();
    for (const { seq, ...row } of this.#sql.behind.all(after, upTo))
      newest.set(`${seq} ${row.policy}`, [seq, row]);
    const found = new Map<number, DecisionRecord[]>();
    for (const [seq, row] of newest.values()) {
      const decided = toDecision(row);
      const of = found.get(seq);
      if (of === undefined) found.set(seq, [decided]);
      else of.push(decided);
    }
    return found;
  }
}

function prepare({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    record: raw.prepare<unknown, (string | number)[]>(
      `INSERT INTO decisions (task_id, task_seq, attempt, outcome_seq, at, policy, version, choice, alternatives, propensity, reason)
       SELECT id, seq, ?2, (SELECT coalesce(max(seq), 0) FROM outcomes), ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM tasks WHERE id = ?1`,
    ),
    ofTask: orm
      .select()
      .from(decisions)
      .where(eq(decisions.taskId, p("taskId")))
      .orderBy(asc(decisions.id))
      .prepare(),
    // CROSS JOIN: in this order, whatever SQLite thinks of the sizes.
    behind: raw.prepare<Row & { readonly seq: number }, [number, number]>(
      `SELECT o.seq, d.id, d.task_id AS taskId, d.task_seq AS taskSeq, d.attempt, d.outcome_seq AS outcomeSeq, d.at, d.policy, d.version, d.choice,
         d.alternatives AS alternativesJson, d.propensity, d.reason AS reasonJson
       FROM outcomes o CROSS JOIN decisions d ON d.task_seq = o.task_seq AND d.attempt = o.attempt
       WHERE o.seq > ?1 AND o.seq <= ?2 AND d.outcome_seq < o.seq ORDER BY o.seq, d.id`,
    ),
  };
}

/** What of it is damaged is left out. */
const toDecision = (row: Row): DecisionRecord => {
  const alternatives = parseOrNull(row.alternativesJson);
  return {
    id: row.id,
    taskId: row.taskId,
    attempt: row.attempt,
    at: row.at as EpochMs,
    policy: row.policy,
    version: row.version,
    choice: row.choice,
    alternatives: Array.isArray(alternatives)
      ? (alternatives as readonly Alternative[])
      : [],
    propensity: row.propensity,
    reason: parseOrNull(row.reasonJson) as JsonValue,
  };
};
