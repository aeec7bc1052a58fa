/** Ageing: whoever waits rises, so that nothing waits for ever behind what is more important. */

const STEP_MS = 60_000;

/** Priority plus one for each whole minute waited. A wall clock that was set back counts as no wait. */
export const agedPriority = (priority: number, waitedMs: number): number =>
  priority + Math.floor(Math.max(0, waitedMs) / STEP_MS);
