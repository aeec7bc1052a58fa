/** How busy the machine's processors were between two moments, all programs together. */

import { cpus } from "node:os";

export interface ProcessorTime {
  readonly busyMs: number;
  readonly totalMs: number;
}

export function processorTime(): ProcessorTime {
  let idleMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    idleMs += times.idle;
    for (const ms of Object.values(times)) totalMs += ms;
  }
  return { busyMs: totalMs - idleMs, totalMs };
}

/** 0..1; 0 for a time too short to be counted. */
export function busyShare(from: ProcessorTime, to: ProcessorTime): number {
  const totalMs = to.totalMs - from.totalMs;
  return totalMs > 0 ? (to.busyMs - from.busyMs) / totalMs : 0;
}
