/**
 * Which idle worker a task gets. Pure. A process that held one session's memory never serves
 * another session or a task without one: it would have to be replaced first.
 */

import type { SessionId } from "../core/ids.ts";
import type { Tier } from "../core/tier.ts";

export interface IdleWorker {
  readonly session: SessionId | null;
  /** The only kind it may still run: one that was shown variables others must not see. */
  readonly reservedFor: string | null;
  readonly loaded: ReadonlySet<string>;
  /** When it became idle: among equals the one used last is the warmest. */
  readonly idleSince: number;
}

export interface Wish {
  readonly session: SessionId | null;
  readonly kind: string;
}

export type Placement<W extends IdleWorker> =
  | { readonly type: "use"; readonly worker: W; readonly tier: Tier }
  /** Every idle worker belongs to somebody else: one has to make room. */
  | { readonly type: "replace" }
  | { readonly type: "wait" };

/** Session's worker with the kind, session's worker, kind loaded, bare; in this order. */
export function place<W extends IdleWorker>(
  wish: Wish,
  idle: Iterable<W>,
): Placement<W> {
  let best: W | undefined;
  let bestRank = 0;
  let any = false;
  for (const worker of idle) {
    any = true;
    const rank = rankOf(worker, wish);
    if (
      rank > bestRank ||
      (rank === bestRank &&
        best !== undefined &&
        worker.idleSince > best.idleSince)
    ) {
      best = worker;
      bestRank = rank;
    }
  }
  if (best !== undefined)
    return { type: "use", worker: best, tier: tierOf(bestRank) };
  return { type: any ? "replace" : "wait" };
}

/** 0: not to be used at all. */
function rankOf(worker: IdleWorker, wish: Wish): number {
  if (worker.reservedFor !== null && worker.reservedFor !== wish.kind) return 0;
  const loaded = worker.loaded.has(wish.kind) ? 1 : 0;
  if (worker.session !== null)
    return worker.session === wish.session ? 3 + loaded : 0;
  return 1 + loaded;
}

const tierOf = (rank: number): Tier =>
  rank >= 3 ? "hot" : rank === 2 ? "warm" : "cold";
