/**
 * Into how many subtasks work is cut whose number has to be fixed beforehand: no more than the least
 * efficiency allows, and no more than pay. With n subtasks on P workers the work ends after about
 * (W + n h) / P, and the last one is late by about s W / n; their sum is least at n = sqrt(W P s / h).
 * Time and tokens each give such a number, and the smaller one counts.
 */

import type {
  SplitAdvice,
  SplitAsk,
} from "../../flow-balancer/core/chunking.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { count, duration, grouped } from "../../flow-balancer/core/figures.ts";
import { explainGranularity } from "./granularity-explain.ts";
import type { GranularityMemory } from "./granularity.ts";
import {
  addChunks,
  type ChunkSums,
  costsOf,
  NO_CHUNKS,
  whole,
} from "./granularity-sums.ts";

/** Outer guard rails: no answer is outside of them. */
const FEWEST = 25;
const MOST = 300;
/** What nobody has measured: handing over one subtask, and the context it is told again. */
const ASSUMED_OVERHEAD_MS = 100;
const ASSUMED_OVERHEAD_TOKENS = 1_000;
/** Items of the job that an explanation is an example of. */
const EXAMPLE = 1_000;
/** Nothing costs less than this, ms or tokens. */
const LEAST_OVERHEAD = 1e-3;
/** With fewer chunks behind it than this a figure is said to be thin. */
const ENOUGH_CHUNKS = 8;

/** One thing that is spent. */
interface Resource {
  readonly work: number;
  readonly overhead: number;
}

interface Figures {
  readonly resources: readonly Resource[];
  readonly why: readonly string[];
}

/** Throws INVALID_ARGUMENT for what is out of range. */
export function recommendSplit(
  ask: SplitAsk,
  memory: GranularityMemory,
): SplitAdvice {
  check(ask);
  const learned = learnedOf(ask, memory);
  const figures = [timeOf(ask, learned), tokensOf(ask)];
  const resources = figures.flatMap((it) => it.resources);
  if (resources.length === 0) return byComplexity(ask);
  const allowed = Math.min(...resources.map((it) => mostOf(it, ask)));
  const pays = Math.min(...resources.map((it) => bestOf(it, ask)));
  const unbounded = Math.max(
    1,
    Math.floor(Math.min(allowed, Math.max(ask.workers, pays))),
  );
  const subtasks = withinRails(unbounded);
  const efficiency = Math.min(
    ...resources.map((it) => efficiencyOf(it, subtasks)),
  );
  return {
    subtasks,
    unbounded,
    efficiency,
    why: [
      ...figures.flatMap((it) => it.why),
      `at least ${percent(ask.minEfficiency)} work allows ${atMost(allowed)}; on ${count(ask.workers, "worker")}, of complexity ${ask.complexity}, ${atMost(Math.max(ask.workers, pays))} pay`,
      ...railLines(subtasks, unbounded, efficiency),
      ...learnedLines(ask, memory),
    ],
  };
}

const withinRails = (subtasks: number): number =>
  Math.min(MOST, Math.max(FEWEST, subtasks));

const mostOf = (
  { work, overhead }: Resource,
  { minEfficiency }: SplitAsk,
): number => (work * (1 - minEfficiency)) / (minEfficiency * overhead);

/** Subtasks of complex work differ more, and of more workers the last one is later: by sqrt(2 ln P) deviations. */
function bestOf(
  { work, overhead }: Resource,
  { workers, complexity }: SplitAsk,
): number {
  const late = 1 + (complexity / 10) * Math.sqrt(2 * Math.log(workers));
  return Math.sqrt((work * workers * late) / overhead);
}

const efficiencyOf = ({ work, overhead }: Resource, subtasks: number): number =>
  work / (work + subtasks * overhead);

/** Of the kind, or where it is not known, of all kinds together: what handing something over costs differs little. */
function learnedOf(
  { kind }: SplitAsk,
  { kinds }: GranularityMemory,
): { readonly of: string; readonly isOwn: boolean; readonly sums: ChunkSums } {
  const own = kind === null ? undefined : kinds.get(kind)?.sums;
  if (kind !== null && own !== undefined)
    return { of: kind, isOwn: true, sums: own };
  const sums = [...kinds.values()].reduce(
    (all, it) => addChunks(all, it.sums),
    NO_CHUNKS,
  );
  return { of: "all kinds", isOwn: false, sums };
}

function timeOf(
  ask: SplitAsk,
  { of, isOwn, sums }: ReturnType<typeof learnedOf>,
): Figures {
  const costs = costsOf(sums);
  const chunks = whole(sums.chunks);
  const evidence = `from ${count(chunks, "chunk")} of ${of}${chunks < ENOUGH_CHUNKS ? ", which is thin evidence" : ""}`;
  const itemMs = isOwn && costs !== null ? costs.itemMs : null;
  const { items } = ask;
  const work =
    ask.workMs ?? (items === null || itemMs === null ? null : items * itemMs);
  if (work === null) return { resources: [], why: [] };
  const overhead = ask.overheadMs ?? costs?.overheadMs ?? ASSUMED_OVERHEAD_MS;
  return {
    resources: [{ work, overhead: Math.max(overhead, LEAST_OVERHEAD) }],
    why: [
      ask.workMs === null
        ? `work: ${duration(work)}, ${count(items ?? 0, "item")} of ${duration(itemMs ?? 0)}, ${evidence}`
        : `work: ${duration(work)}, as told`,
      `overhead of each subtask: ${duration(overhead)}, ${ask.overheadMs !== null ? "as told" : costs === null ? "assumed: no chunk has run yet" : evidence}`,
    ],
  };
}

function tokensOf({ workTokens, overheadTokens }: SplitAsk): Figures {
  if (workTokens === null) return { resources: [], why: [] };
  const overhead = overheadTokens ?? ASSUMED_OVERHEAD_TOKENS;
  return {
    resources: [
      { work: workTokens, overhead: Math.max(overhead, LEAST_OVERHEAD) },
    ],
    why: [
      `work: ${grouped(workTokens)} tokens, as told`,
      `overhead of each subtask: ${grouped(overhead)} tokens of repeated context, ${overheadTokens === null ? "assumed: tell overhead_tokens" : "as told"}`,
    ],
  };
}

/** What chunks of the kind showed. */
const learnedLines = (
  { kind, items, workers }: SplitAsk,
  memory: GranularityMemory,
): string[] =>
  kind === null || !memory.kinds.has(kind)
    ? []
    : explainGranularity(memory, kind, { items: items ?? EXAMPLE, workers });

/** Nothing else is known: from 25 to 300, by equal factors. */
function byComplexity({ complexity }: SplitAsk): SplitAdvice {
  const subtasks = Math.round(
    FEWEST * (MOST / FEWEST) ** ((complexity - 1) / 9),
  );
  return {
    subtasks,
    unbounded: subtasks,
    efficiency: null,
    why: [
      `the work is not known: ${subtasks} by complexity ${complexity} alone, a guess between ${FEWEST} and ${MOST}`,
      "tell the work in ms or tokens, or the kind and number of its items",
    ],
  };
}

function railLines(
  subtasks: number,
  unbounded: number,
  efficiency: number,
): string[] {
  const share = `${percent(efficiency)} of what is spent would be work`;
  if (subtasks > unbounded)
    return [
      `${unbounded} would be enough; ${FEWEST} is the fewest that is answered, and ${share}: better done in ${unbounded}`,
    ];
  return subtasks < unbounded
    ? [`${MOST} is the most that is answered; ${share}`]
    : [share];
}

/** Rounded down, so that what falls short is not said to be there. */
const percent = (share: number): string =>
  `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;

const atMost = (subtasks: number): string =>
  subtasks >= 1e6 ? "any number" : `at most ${grouped(Math.floor(subtasks))}`;

function check(ask: SplitAsk): void {
  const { complexity, minEfficiency, workers } = ask;
  within(
    "complexity",
    complexity,
    complexity >= 1 && complexity <= 10,
    "1..10",
  );
  within(
    "min_efficiency",
    minEfficiency,
    minEfficiency > 0 && minEfficiency < 1,
    "above 0 and below 1",
  );
  within("workers", workers, workers >= 1, "1 or more");
  const amounts = {
    work_ms: ask.workMs,
    work_tokens: ask.workTokens,
    items: ask.items,
    overhead_ms: ask.overheadMs,
    overhead_tokens: ask.overheadTokens,
  };
  for (const [name, amount] of Object.entries(amounts))
    if (amount !== null)
      within(
        name,
        amount,
        name.startsWith("overhead") ? amount >= 0 : amount > 0,
        name.startsWith("overhead") ? "0 or more" : "above 0",
      );
}

function within(
  name: string,
  value: number,
  isWithin: boolean,
  range: string,
): void {
  if (!isWithin || !Number.isFinite(value))
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `/${name}: must be ${range}, got ${value}`,
    );
}
