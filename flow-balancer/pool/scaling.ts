/** How many workers to start and whom to let go. Pure; the numbers come from the settings. */

export interface PoolLoad {
  readonly waiting: number;
  /** Idle and free for any task. */
  readonly idleUnbound: number;
  /** Processes on their way: they are coming capacity and are counted before more are started. */
  readonly starting: number;
  /** All processes, those that are ending included. */
  readonly total: number;
}

export interface ScalingLimits {
  readonly maxWorkers: number;
  readonly spareWorkers: number;
}

/** Enough for those who wait and for the spares, never above the maximum. */
export function workersToStart(load: PoolLoad, limits: ScalingLimits): number {
  const wanted =
    load.waiting + limits.spareWorkers - load.idleUnbound - load.starting;
  return Math.max(0, Math.min(wanted, limits.maxWorkers - load.total));
}

/** Idle ones unused for `idleMs`, longest first, as long as `spareWorkers` unbound ones stay. */
export function workersToRetire<
  W extends { readonly idleSince: number; readonly bound: boolean },
>(
  idle: readonly W[],
  now: number,
  settings: { readonly idleMs: number; readonly spareWorkers: number },
): W[] {
  let unbound = idle.filter((worker) => !worker.bound).length;
  return [...idle]
    .sort((a, b) => a.idleSince - b.idleSince)
    .filter((worker) => {
      if (now - worker.idleSince < settings.idleMs) return false;
      if (worker.bound) return true;
      if (unbound <= settings.spareWorkers) return false;
      unbound--;
      return true;
    });
}
