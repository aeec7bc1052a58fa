/** `flow-balancer recommend-split`: reads what was learned in this home, whether a server runs or not. */

import { recommendSplit } from "../../orchestrator/learning/recommend-split.ts";
import type { Answer } from "../commands/answer.ts";
import type { Terminal } from "../commands/terminal.ts";
import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { GRANULARITY } from "../granularity-keeping.ts";
import { restored } from "../shared-learning.ts";
import { readLearned } from "../store/read-learned.ts";
import { configOf, readStoreOrNull, type Where } from "./read-store.ts";

/** As they were written. */
export interface SplitOptions {
  readonly complexity: string;
  readonly workMs?: string;
  readonly workTokens?: string;
  readonly kind?: string;
  readonly items?: string;
  readonly workers?: string;
  readonly minEfficiency: string;
  readonly overheadMs?: string;
  readonly overheadTokens?: string;
}

/** Throws INVALID_ARGUMENT, or what reading the store throws. */
export function recommendSplitHere(
  options: SplitOptions,
  where: Where,
  as: Terminal | "json",
): Answer {
  const { learner, version, nothingKnown } = GRANULARITY;
  const learned = readStoreOrNull(where, ({ db }) =>
    restored(GRANULARITY, readLearned(db, learner, version)),
  );
  const { known, warning } = learned ?? {
    known: nothingKnown(),
    warning: null,
  };
  const workers =
    read("--workers", options.workers) ?? configOf(where).pool.maxWorkers;
  const { subtasks, unbounded, efficiency, why } = recommendSplit(
    {
      complexity: read("--complexity", options.complexity) ?? 0,
      workMs: read("--work-ms", options.workMs),
      workTokens: read("--work-tokens", options.workTokens),
      kind: options.kind ?? null,
      items: read("--items", options.items),
      workers,
      minEfficiency: read("--min-efficiency", options.minEfficiency) ?? 0,
      overheadMs: read("--overhead-ms", options.overheadMs),
      overheadTokens: read("--overhead-tokens", options.overheadTokens),
    },
    known,
  );
  return {
    data:
      as === "json"
        ? JSON.stringify({
            schema: 1,
            subtasks,
            unbounded,
            efficiency,
            workers,
            why,
          })
        : [`${subtasks} subtasks`, ...why.map((line) => `  ${line}`)].join(
            "\n",
          ),
    notes: warning === null ? [] : [warning],
  };
}

/** Throws INVALID_ARGUMENT for what is no number; its range is not looked at here. */
function read(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `${option} is ${quoted(text)}, which is no number`,
  );
}
