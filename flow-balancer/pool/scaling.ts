/**
 * How many workers to start and whom to let go. Pure: time, load and limits are arguments.
 * A start has to pay: who waits is first given to the workers that are idle, on their way or about
 * to be free, and only what those would not have begun soon after a new worker was ready asks for
 * one (a start that is slow and work that is quick would otherwise bring workers for a queue that is
 * gone when they come). Letting go is slow and learns: two averages of the wanted workers (a stable
 * one, and one of a tenth of its time, as in Knative's autoscaler: no shrinking in a panic), and an
 * idle time that doubles when a worker was missed soon after it went (as in uWSGI's busyness plugin).
 */

import { lastWaitMs } from "./last-wait.ts";

export interface PoolLoad {
  /** Tasks a new worker could take. */
  readonly waiting: number;
  /** Idle and free for any task. */
  readonly idleUnbound: number;
  /** Busy or idle workers that are not free for any task. */
  readonly others: number;
  /** Age of each process that is not ready yet, ms: coming capacity, counted before more are started. */
  readonly startingMs: readonly number[];
  /** For each busy worker that will be free for any task: ms until then; null: nobody knows. */
  readonly freeInMs: readonly (number | null)[];
  /** All processes, those that are ending included. */
  readonly total: number;
  /** What one of those who wait keeps a worker busy for, ms; null: nothing is known, and each needs its own. */
  readonly taskMs: number | null;
  /** From a start until the worker is ready, ms. */
  readonly spawnMs: number;
}

export interface ScalingLimits {
  readonly maxWorkers: number;
  readonly spareWorkers: number;
  readonly idleMs: number;
  /** Starts at once. */
  readonly startTokens: number;
  /** Others on the machine wait for a processor: one start at a time, with a pause before it. */
  readonly pressed: boolean;
  /** How many more workers there is memory for. */
  readonly roomForWorkers: () => number;
}

export interface ScalingState {
  readonly at: number;
  /** Workers wanted at `at`; holds until the next look. */
  readonly wanted: number;
  readonly stable: number;
  readonly panic: number;
  /** No shrinking before this. */
  readonly panicUntil: number;
  /** Unbound workers wanted at `at`, the spares included. */
  readonly level: number;
  /** By number of unbound workers: until when so many were wanted. Not read up to `level`. */
  readonly wantedUntil: readonly number[];
  /** Since when somebody waits; Infinity: nobody. */
  readonly waitingSince: number;
  readonly startedAt: number;
  readonly letGoAt: number;
  /** The idle time is so many times what it would be. */
  readonly penalty: number;
  readonly penaltyAt: number;
}

export interface StartDecision {
  readonly start: number;
  /** Look again after this, ms, if nothing happens before; null: no need. */
  readonly lookAgainMs: number | null;
}

/** Knative: a panic begins at twice what is there, and its window is a tenth of the stable one. */
const PANIC_RATIO = 2;
const PANIC_WINDOW = 0.1;
const MAX_STABLE_MS = 60_000;
/** A wait beyond a start's own time must be as long as that start again before a worker is started for it. */
const PAYBACK = 1;
const STANDING = 3;
/** Under CPU pressure. A start every second cannot slow others down, and nobody starves. */
export const PRESSED_PAUSE_MS = 1_000;
/** A start that takes so many times as long as usual hangs: it is no coming capacity and holds no token. */
const HANGING = 5;
const MAX_PENALTY = 8;
/** In stable windows: a penalty that was not needed for so long halves. */
const PENALTY_HALF_LIFE = 10;

const stableMs = (idleMs: number): number =>
  Math.max(1, Math.min(idleMs, MAX_STABLE_MS));

/** Begins in a panic: what was there before a restart is not known, so nothing is let go for a stable window. */
export function initialScaling(now: number, idleMs: number): ScalingState {
  return {
    at: now,
    wanted: 0,
    stable: 0,
    panic: 0,
    panicUntil: now + stableMs(idleMs),
    level: 0,
    wantedUntil: [],
    waitingSince: Number.POSITIVE_INFINITY,
    startedAt: Number.NEGATIVE_INFINITY,
    letGoAt: Number.NEGATIVE_INFINITY,
    penalty: 1,
    penaltyAt: now,
  };
}

/** A look at the load; call it when it changed. */
export function observe(
  state: ScalingState,
  now: number,
  load: PoolLoad,
  limits: Pick<ScalingLimits, "idleMs" | "spareWorkers">,
): ScalingState {
  const window = stableMs(limits.idleMs);
  const passed = Math.max(0, now - state.at);
  const stable = faded(state.stable, state.wanted, passed, window);
  const panic = faded(state.panic, state.wanted, passed, window * PANIC_WINDOW);
  const busy = load.others + load.freeInMs.length;
  const there = busy + load.idleUnbound + load.startingMs.length;
  const isPanic = panic >= PANIC_RATIO * Math.max(1, there);
  const halves = now - state.penaltyAt >= PENALTY_HALF_LIFE * window;
  const waiting = waitingAsWorkers(load);
  const level = Math.ceil(load.freeInMs.length + waiting) + limits.spareWorkers;
  return {
    ...state,
    at: now,
    wanted: busy + waiting,
    level,
    wantedUntil:
      level < state.level
        ? noLonger(state.wantedUntil, state.level, level, now)
        : state.wantedUntil,
    stable,
    panic,
    waitingSince: waiting > 0 ? Math.min(state.waitingSince, now) : Infinity,
    panicUntil: isPanic ? now + window : state.panicUntil,
    penalty: halves ? Math.max(1, state.penalty / 2) : state.penalty,
    penaltyAt: halves ? now : state.penaltyAt,
  };
}

function noLonger(
  until: readonly number[],
  before: number,
  level: number,
  now: number,
): readonly number[] {
  const next = [...until];
  for (let count = level + 1; count <= before; count++) next[count] = now;
  return next;
}

export const isPanicking = (state: ScalingState, now: number): boolean =>
  now < state.panicUntil;

/** Those who wait count as the workers they would keep busy for as long as a start takes. */
function waitingAsWorkers({ waiting, taskMs, spawnMs }: PoolLoad): number {
  if (taskMs === null) return waiting;
  return Math.min(waiting, (waiting * taskMs) / Math.max(1, spawnMs));
}

/** Mean of the last `window` ms, the exponential with the same mean age: half the window. */
function faded(
  mean: number,
  value: number,
  passed: number,
  window: number,
): number {
  return value + (mean - value) * Math.exp((-2 * passed) / window);
}

/**
 * Enough for those who wait and for the spares, as far as starts pay; never above the maximum, the
 * memory or the tokens. The first worker is always allowed.
 */
export function workersToStart(
  state: ScalingState,
  now: number,
  load: PoolLoad,
  limits: ScalingLimits,
): StartDecision {
  const { spawnMs } = load;
  const coming = load.startingMs.filter((age) => age < HANGING * spawnMs);
  // A queue that outlives three starts, none of which would have paid, is no burst.
  const since = Math.max(state.waitingSince, state.startedAt);
  const isStanding = now - since > STANDING * spawnMs && coming.length === 0;
  const least = isStanding ? 1 : 0;
  const wanted = Math.max(least, workersThatPay(load, coming, limits));
  const isFirst = load.total === 0;
  const places = limits.maxWorkers - load.total;
  if (places <= 0) return { start: 0, lookAgainMs: null };
  const pauseMs =
    limits.pressed && !isFirst ? state.startedAt + PRESSED_PAUSE_MS - now : 0;
  if (wanted > 0 && pauseMs > 0) return { start: 0, lookAgainMs: pauseMs };
  const tokens = (limits.pressed ? 1 : limits.startTokens) - coming.length;
  const asked = Math.max(0, Math.min(wanted, places, tokens));
  const memory = asked === 0 ? 0 : limits.roomForWorkers();
  const start = Math.min(asked, isFirst ? Math.max(1, memory) : memory);
  const isShort = load.waiting + limits.spareWorkers > load.idleUnbound + start;
  return { start, lookAgainMs: isShort ? Math.max(1, spawnMs) : null };
}

function workersThatPay(
  load: PoolLoad,
  coming: readonly number[],
  { spareWorkers, maxWorkers }: ScalingLimits,
): number {
  const { waiting, idleUnbound, taskMs, spawnMs } = load;
  const ready = idleUnbound + coming.length;
  if (ready >= waiting + spareWorkers) return 0;
  if (taskMs === null) return waiting + spareWorkers - ready;
  const free = [
    ...Array<number>(idleUnbound).fill(0),
    ...coming.map((age) => (age < spawnMs ? spawnMs - age : age)),
    ...load.freeInMs.filter((ms) => ms !== null),
  ];
  const back = load.freeInMs.filter(
    (ms) => ms !== null && ms <= spawnMs,
  ).length;
  let started = 0;
  while (
    started < maxWorkers &&
    lastWaitMs(waiting, free, taskMs) > (1 + PAYBACK) * spawnMs
  ) {
    free.push(spawnMs);
    started++;
  }
  // Quick ones give the workers back before a spare could be there.
  const isQuick = lastWaitMs(waiting, free, taskMs) + taskMs <= spawnMs;
  const taken = isQuick ? 0 : waiting;
  const spares = Math.max(0, ready + back + started - taken);
  return started + Math.max(0, spareWorkers - spares);
}

/** A worker was started; `missed`: for want of one, and not instead of one that died or was replaced. */
export function noteStart(
  state: ScalingState,
  now: number,
  missed: boolean,
  limits: Pick<ScalingLimits, "idleMs">,
): ScalingState {
  const tooSoon =
    missed && now - state.letGoAt < stableMs(limits.idleMs) * state.penalty;
  return {
    ...state,
    startedAt: now,
    // One lesson for each that was let go.
    letGoAt: tooSoon ? Number.NEGATIVE_INFINITY : state.letGoAt,
    penalty: tooSoon ? Math.min(MAX_PENALTY, state.penalty * 2) : state.penalty,
    penaltyAt: tooSoon ? now : state.penaltyAt,
  };
}

/** A worker was let go because it was not used. */
export const noteLetGo = (state: ScalingState, now: number): ScalingState => ({
  ...state,
  letGoAt: now,
});

export interface IdleWorker {
  readonly idleSince: number;
  readonly bound: boolean;
}

/**
 * Idle ones unused for longer than `keepMs` of theirs, longest first, if for so long no more unbound
 * ones were wanted than would stay, and as long as `spareWorkers` unbound ones stay, and as many
 * workers as the stable window wanted on average. None in a panic.
 */
export function workersToRetire<W extends IdleWorker>(
  state: ScalingState,
  now: number,
  idle: readonly W[],
  limits: {
    readonly spareWorkers: number;
    /** Workers that are not idle, and of these the unbound ones. */
    readonly busy: number;
    readonly busyUnbound: number;
    readonly keepMs: (worker: W) => number;
  },
): W[] {
  if (isPanicking(state, now)) return [];
  let unbound = idle.filter((worker) => !worker.bound).length;
  let mayGo = idle.length + limits.busy - Math.round(state.stable);
  return [...idle]
    .sort((a, b) => a.idleSince - b.idleSince)
    .filter((worker) => {
      const keepMs = limits.keepMs(worker) * state.penalty;
      if (now - worker.idleSince < keepMs || mayGo <= 0) return false;
      if (!worker.bound) {
        const count = unbound + limits.busyUnbound;
        const until = count <= state.level ? now : state.wantedUntil[count];
        if (unbound <= limits.spareWorkers) return false;
        if (until !== undefined && now - until < keepMs) return false;
        unbound--;
      }
      mayGo--;
      return true;
    });
}
