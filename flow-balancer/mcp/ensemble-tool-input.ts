/** The arguments of run_ensemble, and from them who does what. Everything that can be wrong with them is said here, before anything is submitted. */

import { z } from "zod";
import type { Engine } from "../core/engine.ts";
import { RESULT_KINDS, STRATEGIES } from "../core/ensemble.ts";
import { BalancerError } from "../core/errors.ts";
import type { Expert } from "../core/expert.ts";
import { expertInput } from "../core/expert-input.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import type { TaskRequest } from "../core/task.ts";
import { CHECK } from "./ensemble-tool-check.ts";
import {
  assertKnownKind,
  itemFields,
  toRequest,
  waitField,
} from "./task-request.ts";

const MAX_SEATS = 16;
const DEFAULT_ATTEMPTS = 3;
/** An attempt's own is this and its number. */
const MAX_KEY = 180;

export const ENSEMBLE_INPUT = z.object({
  kind: itemFields.kind,
  input: itemFields.input.describe(
    "As for run_task; the same for all attempts",
  ),
  attempts: z
    .int()
    .min(1)
    .max(MAX_SEATS)
    .optional()
    .describe(`At most so many; ${DEFAULT_ATTEMPTS} unless told`),
  experts: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(MAX_SEATS)
    .optional()
    .describe(
      "Names from the configuration, instead of attempts; one may stand there twice",
    ),
  strategy: z
    .enum(["auto", ...STRATEGIES])
    .optional()
    .describe(
      "consensus: what most trust goes to; best_quality: what the check scores highest; union, intersection: of lists. auto: by kind of result and check, and one attempt where more have shown to change nothing",
    ),
  check: CHECK.optional(),
  result_kind: z
    .enum(RESULT_KINDS)
    .optional()
    .describe("How results are compared; told from them unless said"),
  min_support: z
    .int()
    .min(1)
    .max(MAX_SEATS)
    .optional()
    .describe(
      "intersection: an item was given by so many; more than half unless told",
    ),
  all_at_once: z
    .boolean()
    .optional()
    .describe("Starts all at the same time: sooner done, fewer calls saved"),
  session: itemFields.session,
  timeout_ms: itemFields.timeout_ms,
  priority: itemFields.priority,
  idempotency_key: z.string().min(1).max(MAX_KEY).optional(),
  wait_ms: waitField.optional(),
});

export type EnsembleArguments = z.output<typeof ENSEMBLE_INPUT>;

/** One attempt: who would make it, and how. */
export interface Seat {
  /** Attempts of the same one have the same. */
  readonly name: string;
  readonly request: TaskRequest;
  /** Of a call, as configured; null, where none of them has a price: by its run time. */
  readonly cost: number | null;
}

/** Throws INVALID_ARGUMENT, UNKNOWN_KIND, or NOT_FOUND for an expert there is not. `key`: of the whole ensemble. */
export function seatsOf(
  args: EnsembleArguments,
  engine: Engine,
  connection: string | null,
  key: string,
): readonly [Seat, ...Seat[]] {
  assertMakesSense(args);
  const { kind, input, session, timeout_ms, priority } = args;
  const experts = (args.experts ?? []).map((name, at) =>
    expertOf(name, at, kind, engine),
  );
  const isPriced = experts.some(({ cost }) => cost > 0);
  const seat = (at: number, expert: Expert | null): Seat => {
    const own = {
      kind: expert?.run.kind ?? kind,
      input: expert === null ? input : expertInput(input, expert),
      session,
      timeout_ms,
      priority,
      idempotency_key: `${key}/${at + 1}`,
    };
    assertKnownKind(
      own.kind,
      engine,
      expert === null ? "/kind" : `/experts/${at}`,
    );
    return {
      name: expert?.name ?? kind,
      request: toRequest(own, engine, connection),
      cost: isPriced ? (expert?.cost ?? null) : null,
    };
  };
  const [first, ...others] =
    experts.length > 0
      ? experts
      : Array.from({ length: args.attempts ?? DEFAULT_ATTEMPTS }, () => null);
  return [
    seat(0, first ?? null),
    ...others.map((expert, at) => seat(at + 1, expert)),
  ];
}

function assertMakesSense(args: EnsembleArguments): void {
  const { attempts, experts, strategy, check, min_support } = args;
  if (experts !== undefined && attempts !== undefined)
    throw wrong(
      "/attempts: cannot stand beside experts",
      "Name an expert twice to ask it twice.",
    );
  if (strategy === "best_quality" && check === undefined)
    throw wrong(
      "/check: is missing; best_quality is what a check decides",
      "Give a check: a command, a schema or a scorer. Without one, consensus needs none.",
    );
  const seats = experts?.length ?? attempts ?? DEFAULT_ATTEMPTS;
  if (min_support !== undefined && min_support > seats)
    throw wrong(
      `/min_support: is ${min_support}, and there are ${seats} attempts`,
      "Give as many attempts, or less support.",
    );
}

function expertOf(
  name: string,
  at: number,
  kind: string,
  engine: Engine,
): Expert {
  const known = engine.ensembles.experts;
  const names = known.map((expert) => expert.name);
  const found = known.find((expert) => expert.name === name);
  if (found === undefined)
    throw new BalancerError(
      "NOT_FOUND",
      `/experts/${at}: there is no expert ${quoted(name)}${didYouMean(name, names)}; ${names.length > 0 ? `there are ${names.join(", ")}` : "none is configured"}`,
      {
        hint: "Nothing was submitted. Experts are [[experts]] of the configuration; attempts needs none.",
      },
    );
  if (!found.kinds.includes(kind))
    throw wrong(
      `/experts/${at}: ${quoted(name)} does not serve the kind ${quoted(kind)}, but ${found.kinds.join(", ")}`,
      "Nothing was submitted.",
    );
  return found;
}

const wrong = (message: string, hint: string): BalancerError =>
  new BalancerError("INVALID_ARGUMENT", message, { hint });
