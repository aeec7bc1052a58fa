/**
 * How far a worker process is specialised for a task: one pool, three depths.
 * cold: a bare process (or none yet) · warm: the kind's module is loaded ·
 * hot: bound to the task's session, whose state is in the process's memory.
 * A task's tier is what it found when it was placed.
 */
export const TIERS = ["hot", "warm", "cold"] as const;
export type Tier = (typeof TIERS)[number];
