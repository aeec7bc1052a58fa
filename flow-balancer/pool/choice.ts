/**
 * Which worker a task gets, by expected completion: wait + load + run, as learned. Pure, O(workers).
 *
 * Safe before fast: a process that held one session's memory serves neither another session nor a
 * task without one, and a process that was shown a kind's variables serves only that kind.
 *
 * A session's memory lives in its process. To run its task elsewhere loses that memory and binds one
 * more process, which is replaced afterwards. So moving has a price, and the task waits for its busy
 * worker as long as that is the cheaper way. What the lost memory costs shows in the run times by
 * tier; `moveCostMs` adds what does not. With `strict` the price is infinite: one worker a session.
 */

import type { Timing, Way } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { Estimates } from "./estimates.ts";
import type { TierGate } from "./tier-controls.ts";
import {
  hasFreeLane,
  isOwn,
  mayServe,
  type Wish,
  type WorkerView,
} from "./worker-view.ts";

export interface ChoiceContext {
  readonly now: number;
  readonly times: Pick<
    Estimates,
    "expect" | "loadMs" | "remainingMs" | "spawnMs"
  >;
  /** There may be one more process. */
  readonly canStart: boolean;
  /** Jobs that wait, this one included. */
  readonly waiting: number;
  /**
   * How long the job has waited already, ms. Who waits for the session's worker pays the price of
   * leaving it bit by bit: once it is paid, the job moves (the ski-rental rule: never more than
   * twice what the better way would have cost).
   */
  readonly waitedMs: number;
  /** Beside what a new process costs, ms: what a session loses that does not show in run times. */
  readonly moveCostMs: number;
  /** What a person did to the tiers; null or left out: nothing. */
  readonly gate?: TierGate | null;
}

interface Chosen {
  readonly way: Way;
  readonly predicted: Timing;
  /** The price of leaving the session's workers that was reckoned with, ms; 0 if it had none. */
  readonly priceMs: number;
  /** The second best way and its completion, ms, price included; null: there was no other. */
  readonly instead: Way | null;
  readonly insteadMs: number;
}

export type Choice<W extends WorkerView> =
  | (Chosen & { readonly type: "use"; readonly worker: W; readonly tier: Tier })
  /** Keep it for this worker of its session. */
  | (Chosen & { readonly type: "wait_for"; readonly worker: W })
  /** For whichever worker is free first, or a new one. */
  | (Chosen & { readonly type: "wait" })
  /** Nothing suits it soon and there is no room: let this idle worker of somebody else go. */
  | (Chosen & { readonly type: "replace"; readonly worker: W });

/** The best of the candidates so far; its fields are set as they are found, since this runs for every task. */
class Search<W extends WorkerView> {
  readonly priceMs: number;
  readonly ready: boolean;
  worker: W | null = null;
  way: Way = "nothing";
  tier: Tier = "cold";
  waitMs = Infinity;
  startMs = 0;
  runMs = 0;
  /** Completion and price. */
  totalMs = Infinity;
  instead: Way | null = null;
  insteadMs = Infinity;
  /** The longest unused idle worker that is somebody else's. */
  foreign: W | null = null;
  /** Busy workers that will be anybody's. */
  shared = 0;
  /** Processes on their way in or out: there will be one for as many who wait. */
  coming = 0;
  readonly #kind: string;
  readonly #times: ChoiceContext["times"];
  // Looked up once for all workers, and only if needed.
  #hotMs: number | null = null;
  #warmMs: number | null = null;
  #coldMs: number | null = null;
  #loadMs: number | null = null;

  /** `priceMs`: of leaving the session's workers; `ready`: there is one that can take it now. */
  constructor(
    kind: string,
    times: ChoiceContext["times"],
    priceMs: number,
    ready: boolean,
  ) {
    this.#kind = kind;
    this.#times = times;
    this.priceMs = priceMs;
    this.ready = ready;
  }

  runMsIn(tier: Tier): number {
    if (tier === "hot")
      return (this.#hotMs ??= this.#times.expect(this.#kind, tier).runMs);
    if (tier === "warm")
      return (this.#warmMs ??= this.#times.expect(this.#kind, tier).runMs);
    return (this.#coldMs ??= this.#times.expect(this.#kind, tier).runMs);
  }

  loadMs(): number {
    return (this.#loadMs ??= this.#times.loadMs(this.#kind));
  }

  offer(
    worker: W | null,
    way: Way,
    tier: Tier,
    waitMs: number,
    startMs: number,
    runMs: number,
    priceMs: number,
  ): void {
    const totalMs = waitMs + startMs + runMs + priceMs;
    if (!this.#isBetter(worker, way, totalMs)) {
      this.#noteOther(way, totalMs);
      return;
    }
    if (this.way !== "nothing") this.#noteOther(this.way, this.totalMs);
    this.worker = worker;
    this.way = way;
    this.tier = tier;
    this.waitMs = waitMs;
    this.startMs = startMs;
    this.runMs = runMs;
    this.totalMs = totalMs;
  }

  /** Among equals: the earlier way of the list, one kept for the kind (the others stay free), the one used last. */
  #isBetter(worker: W | null, way: Way, totalMs: number): boolean {
    if (totalMs !== this.totalMs) return totalMs < this.totalMs;
    if (way !== this.way) return RANK[way] < RANK[this.way];
    if (worker === null || this.worker === null) return false;
    const kept = worker.reservedFor !== null;
    if (kept !== (this.worker.reservedFor !== null)) return kept;
    return worker.idleSince > this.worker.idleSince;
  }

  #noteOther(way: Way, totalMs: number): void {
    if (totalMs >= this.insteadMs) return;
    this.instead = way;
    this.insteadMs = totalMs;
  }
}

const RANK: Readonly<Record<Way, number>> = {
  own_idle: 0,
  loaded_idle: 1,
  bare_idle: 2,
  free_lane: 3,
  own_busy: 4,
  other_busy: 5,
  starting: 6,
  spawn: 7,
  nothing: 8,
};

export function choose<W extends WorkerView>(
  wish: Wish,
  workers: Iterable<W>,
  context: ChoiceContext,
): Choice<W> {
  const { times, moveCostMs, canStart, waitedMs, gate } = context;
  let hasOwn = false;
  let ownReady = false;
  let otherReady = false;
  for (const worker of workers) {
    if (!mayServe(worker, wish) || gate?.admits(worker) === false) continue;
    const ready = worker.state === "idle" || hasFreeLane(worker, wish);
    if (!wish.usesMemory || !isOwn(worker, wish)) otherReady ||= ready;
    else {
      hasOwn = true;
      ownReady ||= ready;
    }
  }
  const stays = hasOwn && wish.affinity === "strict";
  const moveMs = Math.max(0, times.spawnMs + moveCostMs - waitedMs);
  const priceMs = stays ? Infinity : hasOwn ? moveMs : 0;
  const search = new Search<W>(
    wish.kind,
    times,
    priceMs,
    // What is not there yet is no reason to leave an idle worker idle.
    ownReady || (otherReady && !stays),
  );
  for (const worker of workers) consider(worker, wish, context, search);
  if (canStart && !search.ready && !isHeld(context)) {
    const startMs = search.loadMs();
    const runMs = search.runMsIn("cold");
    search.offer(null, "spawn", "cold", times.spawnMs, startMs, runMs, priceMs);
  }
  return decide(search, context);
}

function consider<W extends WorkerView>(
  worker: W,
  wish: Wish,
  { now, times, gate }: ChoiceContext,
  search: Search<W>,
): void {
  const { state } = worker;
  if (state === "starting" || state === "retiring") search.coming++;
  if (!mayServe(worker, wish)) {
    if (
      state === "idle" &&
      (search.foreign === null || worker.idleSince < search.foreign.idleSince)
    )
      search.foreign = worker;
    return;
  }
  if (gate?.admits(worker) === false) return;
  const own = wish.usesMemory && isOwn(worker, wish);
  const loaded = worker.loaded.has(wish.kind);
  const known = wish.session !== null && worker.session === wish.session;
  const tier: Tier = known ? "hot" : loaded ? "warm" : "cold";
  const runMs = search.runMsIn(tier);
  const startMs = loaded ? 0 : search.loadMs();
  const priceMs = own ? 0 : search.priceMs;
  if (state === "idle") {
    const way = known ? "own_idle" : loaded ? "loaded_idle" : "bare_idle";
    search.offer(worker, way, tier, 0, startMs, runMs, priceMs);
    return;
  }
  if (hasFreeLane(worker, wish)) {
    search.offer(worker, "free_lane", tier, 0, startMs, runMs, priceMs);
    return;
  }
  if (state === "busy" && !own) search.shared++;
  // Who has paid for leaving its worker leaves.
  if (search.ready && (!own || search.priceMs === 0)) return;
  if (state === "starting") {
    const waitMs = startingMs(now - worker.idleSince, times.spawnMs);
    search.offer(worker, "starting", tier, waitMs, startMs, runMs, priceMs);
    return;
  }
  const running = worker.running ?? wish.kind;
  const waitMs = times.remainingMs(running, now - worker.busySince);
  const way = own ? "own_busy" : "other_busy";
  search.offer(worker, way, tier, waitMs, startMs, runMs, priceMs);
}

/** As long again once it is late, so that a start that hangs is not counted on. */
const startingMs = (sinceMs: number, spawnMs: number): number =>
  sinceMs < spawnMs ? spawnMs - sinceMs : sinceMs;

/** A new worker would be of no use to it. */
const isHeld = ({ gate }: ChoiceContext): boolean =>
  (gate?.hold ?? null) !== null;

function decide<W extends WorkerView>(
  search: Search<W>,
  context: ChoiceContext,
): Choice<W> {
  const { times, canStart, waiting } = context;
  const { worker, way, waitMs, startMs, runMs, instead, insteadMs } = search;
  const chosen: Chosen = {
    way,
    predicted: { waitMs, startMs, runMs },
    priceMs: search.priceMs,
    instead,
    insteadMs,
  };
  if (worker !== null && RANK[way] <= RANK.free_lane)
    return { ...chosen, type: "use", worker, tier: search.tier };
  if (worker !== null && way === "own_busy")
    return { ...chosen, type: "wait_for", worker };
  // Others wait for the same workers: its turn at them comes after theirs.
  const aheadMs = ((waiting - 1) * runMs) / Math.max(1, search.shared);
  const untilMs = (way === "starting" ? 0 : waitMs) + aheadMs;
  const { foreign } = search;
  // Two processes: one for this task, and one for whom the place belonged to, who will be back.
  return foreign !== null &&
    !canStart &&
    !isHeld(context) &&
    search.coming < waiting &&
    2 * times.spawnMs < untilMs
    ? { ...chosen, type: "replace", worker: foreign }
    : { ...chosen, type: "wait" };
}
