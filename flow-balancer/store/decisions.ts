/**
 * What policies chose, one row a choice. It is joined to what came of it by task and attempt
 * (routed-outcomes.ts); from the outcomes' side, so that the many tasks nobody had a choice about need no
 * index of their own.
 */

import type { Statement } from "bun:sqlite";
import type { NewDecision } from "../core/decision.ts";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import type { Store } from "./database.ts";

export class Decisions {
  readonly #store: Store;
  readonly #env: Env;
  readonly #record: Statement<unknown, (string | number)[]>;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#record = store.raw.prepare(
      `INSERT INTO decisions (task_id, task_seq, attempt, outcome_seq, at, policy, version, choice, alternatives, propensity, reason)
       SELECT id, seq, ?2, (SELECT coalesce(max(seq), 0) FROM outcomes), ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM tasks WHERE id = ?1`,
    );
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
        this.#record.run(
          ...[taskId, attempt, at, policy, version, choice],
          ...[alternatives, propensity, reason],
        ).changes === 1,
    );
  }
}
