/** run_ensemble: the same task done several times, and one answer made of it, with no more attempts than that takes. */

import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Engine } from "../core/engine.ts";
import { BalancerError } from "../core/errors.ts";
import { learningBucket } from "../core/learning-key.ts";
import type { Env } from "../core/ports.ts";
import type { CallContext, ToolDefinition } from "./catalog.ts";
import { defineTool } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import {
  endedResult,
  ensembleAnswerSchema,
  workingResult,
} from "./ensemble-tool-answer.ts";
import { checkOf, kindOfCheck } from "./ensemble-tool-check.ts";
import {
  ENSEMBLE_INPUT,
  type EnsembleArguments,
  type Seat,
  seatsOf,
} from "./ensemble-tool-input.ts";
import { Attempts, type EnsembleEnd } from "./ensemble-tool-run.ts";
import { whilePatient } from "./patience.ts";

/** Ensembles that a later call can join; of those before, it finds the tasks by their keys. */
const MAX_KNOWN = 100;
/** One whose answer nobody waits for is let go so long after its end, ms. */
const KEPT_MS = 600_000;

interface Ensemble {
  /** What it was asked, apart from how long the caller waits. */
  readonly asked: string;
  readonly seats: readonly Seat[];
  readonly attempts: Attempts;
  readonly end: Promise<EnsembleEnd | null>;
  /** Calls that wait for it. */
  waiting: number;
}

export function ensembleTool(deps: Deps): ToolDefinition {
  const known = new Map<string, Ensemble>();
  return defineTool({
    name: "run_ensemble",
    title: "Run one task several times",
    description:
      "Runs the same task by several attempts or experts and answers with one value: what they agree on, what a check scores best, or their lists put together. " +
      "Starts no more than could settle it, cancels the rest once it is settled, and says `no_agreement` where they don't agree. The task must be one that may run several times.",
    input: ENSEMBLE_INPUT,
    output: ensembleAnswerSchema,
    annotations: { openWorldHint: true },
    run: (args, call) => runEnsemble(deps, known, args, call),
  });
}

async function runEnsemble(
  deps: Deps,
  known: Map<string, Ensemble>,
  args: EnsembleArguments,
  call: CallContext,
): Promise<CallToolResult> {
  const engine = await deps.engine();
  const { env } = deps;
  const startedAt = env.mono();
  const key = args.idempotency_key ?? `ensemble:${env.unique()}`;
  const joined = known.get(key);
  const ensemble = joined ?? begun(args, call, engine, key);
  if (ensemble.asked !== askedIn(args))
    throw new BalancerError(
      "IDEMPOTENCY_CONFLICT",
      "/idempotency_key: belongs to an ensemble with other arguments",
      { hint: "Give the same arguments, or another key." },
    );
  remember(known, key, ensemble);
  if (joined === undefined) forgetOnceEnded(known, key, ensemble, env);
  ensemble.waiting++;
  const end = await whilePatient(ensemble.end, {
    call,
    engine,
    env,
    waitMs: args.wait_ms,
  });
  ensemble.waiting--;
  const view = { seats: ensemble.seats, started: ensemble.attempts.started };
  if (end !== null) {
    // Results can be large; whoever asks again finds them by their keys.
    known.delete(key);
    return endedResult(end, view, env.mono() - startedAt);
  }
  if (call.signal.aborted && joined === undefined && ensemble.waiting === 0) {
    known.delete(key);
    ensemble.attempts.stop();
  } else await ensemble.attempts.told();
  return workingResult(view, key);
}

function begun(
  args: EnsembleArguments,
  call: CallContext,
  engine: Engine,
  key: string,
): Ensemble {
  const seats = seatsOf(args, engine, call.connection, key);
  const bucket = learningBucket(args.kind, JSON.stringify(args.input));
  const run = engine.ensembles.begin({
    id: key,
    type: bucket === "" ? args.kind : `${args.kind}: ${bucket}`,
    seats: [seats[0].name, ...seats.slice(1).map(({ name }) => name)],
    strategy: args.strategy ?? "auto",
    resultKind: args.result_kind ?? null,
    check: kindOfCheck(args.check),
    minSupport: args.min_support ?? null,
    allAtOnce: args.all_at_once ?? false,
  });
  const attempts: Attempts = new Attempts({
    engine,
    seats,
    run,
    check:
      args.check === undefined
        ? null
        : checkOf(args.check, {
            engine,
            connection: call.connection,
            onTask: (submission) => attempts.follow(submission),
          }),
    log: (text) => call.log("info", text),
    onProgress: (ended) => call.progress?.(ended, seats.length),
  });
  const end = attempts.toEnd();
  // It is told to whoever waits.
  end.catch(() => {});
  return { asked: askedIn(args), seats, attempts, end, waiting: 0 };
}

/** But for how long the caller waits. */
const askedIn = (args: EnsembleArguments): string =>
  JSON.stringify({ ...args, wait_ms: undefined, idempotency_key: undefined });

/** The one asked for last goes last. */
function remember(
  known: Map<string, Ensemble>,
  key: string,
  ensemble: Ensemble,
): void {
  known.delete(key);
  known.set(key, ensemble);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
}

function forgetOnceEnded(
  known: Map<string, Ensemble>,
  key: string,
  ensemble: Ensemble,
  env: Env,
): void {
  // Weak: results can be large, and what was answered need not be held for this.
  const it = new WeakRef(ensemble);
  const forget = (): void => {
    if (known.get(key) === it.deref()) known.delete(key);
  };
  const later = (): void => void env.timer(KEPT_MS, forget);
  ensemble.end.then(later, later);
}
