/**
 * Lets the pool keep its idle workers as long as what it learned of their kinds says: the memory
 * of idle gaps, and the pool's ports that feed and ask it. `pool.idle_ms` is what an average start
 * is worth: without evidence a worker of average costs is kept for just that long.
 */

import {
  breakEvenMs,
  decideKeepWarm,
  type KeepWarmReason,
} from "../orchestrator/learning/keep-warm.ts";
import {
  whomToEvict,
  worthOf,
  type WarmCandidate,
} from "../orchestrator/learning/warm-eviction.ts";
import {
  newWarmMemory,
  rememberArrival,
  rememberEnd,
} from "../orchestrator/learning/warm-memory.ts";
import type { KeepWarmStatus } from "./core/pool-status.ts";
import type { PoolOptions } from "./pool/multi-tier-pool-manager.ts";

export interface KeepWarmOptions {
  readonly idleMs: number;
  readonly mono: () => number;
  /** From nothing to a worker that has the kind loaded, ms; null: of any kind. */
  readonly startMs: (kind: string | null) => number;
  /** What a worker that has the kind loaded holds, MiB; null: of any kind. Answers null where none was measured. */
  readonly memoryMb: (kind: string | null) => number | null;
}

/** What is looked at of an idle worker. */
export interface IdleWorker {
  readonly loaded: ReadonlySet<string>;
  readonly idleSince: number;
  readonly holdsMemory: boolean;
  /** MiB; null: not measured. */
  readonly memoryMb: number | null;
}

export interface KeepWarmPorts extends Required<
  Pick<PoolOptions, "observeKind" | "keepWarmStatus">
> {
  readonly keepWarmMs: (kind: string) => number;
  /** Throws if there is none. */
  readonly evictFirst: <W extends IdleWorker>(idle: readonly W[]) => W;
}

/** Not shorter, unless `pool.idle_ms` is. */
const MIN_KEEP_MS = 1_000;
/** Not longer: the most `pool.idle_ms` can be. */
const MAX_KEEP_MS = 86_400_000;
/** In the status, those that ended last. */
const MAX_SHOWN = 20;
/** No kind is called so: nothing of its own is known. */
const NO_KIND = "";

const BASIS: Readonly<
  Record<KeepWarmReason["basis"], KeepWarmStatus["basis"]>
> = {
  "break-even": "prior",
  "all keys": "all_kinds",
  "own gaps": "own_gaps",
};

export function keepWarmPorts(options: KeepWarmOptions): KeepWarmPorts {
  const { mono, idleMs } = options;
  const memory = newWarmMemory();
  const statusOf = (kind: string): KeepWarmStatus => {
    const limits = {
      breakEvenMs: breakEvenOf(kind, options),
      minKeepMs: Math.min(MIN_KEEP_MS, idleMs),
      maxKeepMs: MAX_KEEP_MS,
    };
    const { keepMs, reason } = decideKeepWarm(memory.learned, kind, limits);
    const isPrior = reason.basis === "break-even";
    return {
      kind,
      // The prior keeps for the break-even time; what is decided is rounded to a bin's edge.
      keepMs: isPrior ? within(limits) : keepMs,
      basis: BASIS[reason.basis],
      gaps: reason.gaps,
    };
  };
  return {
    observeKind: {
      began: (kind, now) => rememberArrival(memory, kind, now),
      ended: (kind, now) => rememberEnd(memory, kind, now),
    },
    keepWarmMs: (kind) => statusOf(kind).keepMs,
    keepWarmStatus: () =>
      [...memory.gaps.keys()].slice(-MAX_SHOWN).reverse().map(statusOf),
    evictFirst: (idle) => {
      const now = mono();
      const candidates = idle.map((worker) => {
        const worth = (of: WarmCandidate): number =>
          worthOf(of, now, memory.learned);
        const [first, ...others] = candidatesOf(worker, options);
        const best = others.reduce(
          (a, b) => (worth(b) > worth(a) ? b : a),
          first,
        );
        return { ...best, worker };
      });
      const goes = whomToEvict(candidates, now, memory.learned);
      if (goes === undefined) throw new RangeError("there is no idle worker");
      return goes.worker;
    },
  };
}

/** `idleMs` for what costs as much as any kind does to start and to hold. */
const breakEvenOf = (
  kind: string,
  { idleMs, startMs, memoryMb }: KeepWarmOptions,
): number => {
  const referenceMb = memoryMb(null) ?? 1;
  return breakEvenMs(
    { startCostMs: startMs(kind), memoryMb: memoryMb(kind) ?? referenceMb },
    { idleMsPerStartMs: idleMs / Math.max(1, startMs(null)), referenceMb },
  );
};

const within = (limits: {
  readonly breakEvenMs: number;
  readonly minKeepMs: number;
  readonly maxKeepMs: number;
}): number =>
  Math.min(limits.maxKeepMs, Math.max(limits.minKeepMs, limits.breakEvenMs));

/** What it may be wanted for: each of its kinds. A bare one promises nothing, and when a session comes back no kind can tell. */
function candidatesOf(
  { loaded, idleSince, holdsMemory, memoryMb }: IdleWorker,
  options: KeepWarmOptions,
): [WarmCandidate, ...WarmCandidate[]] {
  const candidate = (kind: string, startCostMs: number): WarmCandidate => ({
    key: holdsMemory ? NO_KIND : kind,
    idleSinceMs: idleSince,
    startCostMs,
    memoryMb: memoryMb ?? options.memoryMb(kind) ?? options.memoryMb(null) ?? 1,
  });
  const [first, ...others] = [...loaded].map((kind) =>
    candidate(kind, options.startMs(kind)),
  );
  return first === undefined ? [candidate(NO_KIND, 0)] : [first, ...others];
}
