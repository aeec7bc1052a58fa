/** What a worker must not say, and a task's code can make it say. */

import type { SimulatedWorker } from "./simulated-worker.ts";

export const JUNK = [
  "garbage",
  "ready again",
  "old result",
  "unknown result",
  "no JSON",
  "loaded again",
  "described",
  "broken frame",
  "heartbeat",
] as const;

const VALUE = { status: "completed", valueJson: '"made up"' } as const;

/** `job`: one that runs, somewhere. */
export function sayJunk(
  worker: SimulatedWorker,
  what: (typeof JUNK)[number],
  job: number,
): void {
  const old = worker.ended.at(-1) ?? 5;
  const result = { type: "result", outcome: VALUE, runMs: 1 } as const;
  const description = { description: null, inputSchema: null };
  switch (what) {
    case "garbage":
      return worker.sayRaw({ type: "result", job: "1" });
    case "ready again":
      return worker.say({ type: "ready", protocol: 2, bun: "1", pid: 1 });
    case "old result":
      return worker.say({ ...result, job: old });
    case "unknown result":
      return worker.say({ ...result, job: -3 });
    case "no JSON":
      return worker.sayRaw({
        ...result,
        job,
        outcome: { ...VALUE, valueJson: "{" },
      });
    case "loaded again":
      return worker.say({ type: "loaded", job: old, loadMs: 1 });
    case "described":
      return worker.say({ type: "described", job, description, error: null });
    case "broken frame":
      return worker.sayRaw(`[${job},1,9]\n{}`);
    case "heartbeat":
      return worker.say({ type: "heartbeat", job });
  }
}
