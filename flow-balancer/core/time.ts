/** Three clocks that must not be mixed. */

declare const clock: unique symbol;

/** Wall clock, ms since 1970: to store and to show, never to measure with. */
export type EpochMs = number & { readonly [clock]: "wall" };
/** Monotonic, ms since the process started: to measure with, never to store. */
export type MonoMs = number & { readonly [clock]: "mono" };
/**
 * Ms since the machine started, the same for all its processes, never set back: for leases and
 * delays that several processes go by. Means nothing after a restart of the machine.
 */
export type BootMs = number & { readonly [clock]: "boot" };
