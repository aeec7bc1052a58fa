/** `flow-balancer explain route`: why a task went to an expert, or where one would go now, whether a server runs or not. */

import type { Database } from "bun:sqlite";
import { questionOf } from "../../orchestrator/routing/task-question.ts";
import type { Answer } from "../commands/answer.ts";
import {
  recordedRouteAnswer,
  type RecordedRoute,
  routeNowAnswer,
} from "../commands/explain/route.ts";
import type { Terminal } from "../commands/terminal.ts";
import type { Config } from "../config.ts";
import type { Alternative } from "../core/decision.ts";
import { BalancerError } from "../core/errors.ts";
import { type JsonValue, parseOrNull } from "../core/json.ts";
import { quoted } from "../core/quoted.ts";
import { type LearnedRouter, readRouter, ROUTER } from "../read-router.ts";
import { Router } from "../../orchestrator/routing/router.ts";
import {
  configOf,
  readStore,
  readStoreOrNull,
  type Where,
} from "./read-store.ts";
import { hasTable } from "./rows.ts";

export interface RouteAsked {
  readonly taskId: string | null;
  readonly kind: string | null;
  readonly text: string | null;
  /** Capabilities, comma between. */
  readonly needs: string | null;
  readonly hasCheck: boolean;
}

/** Either of a task or of a kind. Throws INVALID_ARGUMENT, NOT_FOUND, INVALID_CONFIG or STORAGE_*. */
export function explainRoute(
  asked: RouteAsked,
  where: Where,
  as: Terminal | "json",
): Answer {
  const { taskId, kind } = asked;
  if ((taskId === null) === (kind === null))
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "either a task's id or --kind is needed",
      { hint: "As in: flow-balancer explain route --kind ask --text 'why?'" },
    );
  if (taskId !== null)
    return recordedRouteAnswer(
      readStore(where, ({ db, path }) => recorded(db, path, taskId)),
      as,
    );
  return wouldGo(asked, kind ?? "", where, as);
}

function wouldGo(
  { text, needs, hasCheck }: RouteAsked,
  kind: string,
  where: Where,
  as: Terminal | "json",
): Answer {
  const config = configOf(where);
  assertServed(config, kind);
  const { router, warning } =
    readStoreOrNull(where, ({ db }) => readRouter(db, config)) ??
    nothingLearned(config);
  const question = questionOf(kind, JSON.stringify(text ?? ""), {
    needs: needs === null ? [] : needs.split(",").map((it) => it.trim()),
    hasCheck,
  });
  // Any seed: what is shown are the odds.
  const decision = router.decide(question, 1);
  return routeNowAnswer({ kind, decision, runs: router.runs, warning }, as);
}

const nothingLearned = ({
  experts,
  routing,
}: Config): Omit<LearnedRouter, "seq"> => ({
  router: new Router(experts, {
    worth: routing.successWorth,
    secondCost: routing.secondCost,
  }),
  warning: null,
});

function assertServed({ experts }: Config, kind: string): void {
  const served = [...new Set(experts.flatMap(({ kinds }) => kinds))];
  if (served.includes(kind)) return;
  throw new BalancerError(
    "NOT_FOUND",
    `no expert serves the kind ${quoted(kind)}`,
    {
      hint:
        served.length === 0
          ? "Add [[experts]] to flow-balancer.toml: a name, the kinds it serves, and a task or a command that does it."
          : `Served are: ${served.join(", ")}.`,
    },
  );
}

interface Row {
  readonly attempt: number;
  readonly version: string;
  readonly choice: string;
  readonly propensity: number;
  readonly alternatives: string;
  readonly reason: string;
  readonly outcome: string | null;
}

function recorded(db: Database, path: string, taskId: string): RecordedRoute {
  const rows = hasTable(db, "decisions")
    ? db
        .query<Row, [string, string]>(
          `SELECT attempt, version, choice, propensity, alternatives, reason,
             (SELECT o.state FROM outcomes o WHERE o.task_seq = d.task_seq AND o.attempt = d.attempt AND o.seq > d.outcome_seq ORDER BY o.seq LIMIT 1) AS outcome
           FROM decisions d WHERE task_id = ? AND policy = ? ORDER BY id`,
        )
        .all(taskId, ROUTER)
    : [];
  if (rows.length === 0)
    throw new BalancerError(
      "NOT_FOUND",
      `no expert was chosen for a task ${quoted(taskId)} in ${path}`,
      { hint: "flow-balancer explain TASK says why a task ran where it did." },
    );
  return {
    taskId,
    decisions: rows.map(({ alternatives, reason, ...row }) => ({
      ...row,
      alternatives: listOf(alternatives),
      reason: parseOrNull(reason) as JsonValue,
    })),
  };
}

/** What is damaged is left out. */
function listOf(json: string): readonly Alternative[] {
  const value = parseOrNull(json);
  return Array.isArray(value) ? (value as readonly Alternative[]) : [];
}
