/** Who takes part in the contest of pools: the floors, ours, and each peer on each runtime there is. */

import { join } from "node:path";
import type { Contender } from "./contest.ts";
import { MANY_IN_FLIGHT } from "./own-pool.ts";
import type { PeersOnNode } from "./peers-on-node.ts";

const FLOOR = "raw IPC, object";
const OURS = "flow-balancer";

/** Said of a case: what the targets are about. */
export const isFloor = ({ name }: Contender): boolean => name === FLOOR;
export const isOurs = ({ name }: Contender): boolean => name === OURS;

/** Those that every run needs. */
export const NEEDED = [
  needed(FLOOR, "floors/raw-ipc.ts", { form: "object" }),
  needed("raw IPC, string", "floors/raw-ipc.ts", { form: "string" }),
  needed(OURS, "peers/flow-balancer.ts", { inFlight: MANY_IN_FLIGHT }),
  needed(`${OURS}, JSON text passed on`, "peers/flow-balancer.ts", {
    inFlight: MANY_IN_FLIGHT,
    form: "text",
  }),
  needed(`${OURS}, 1 in flight a worker`, "peers/flow-balancer.ts", {
    inFlight: 1,
  }),
];

export const PEERS = [
  { name: "piscina", file: "piscina", form: "thread" },
  { name: "tinypool, threads", file: "tinypool", form: "thread" },
  { name: "tinypool, processes", file: "tinypool", form: "process" },
  { name: "workerpool, threads", file: "workerpool", form: "thread" },
  { name: "workerpool, processes", file: "workerpool", form: "process" },
  { name: "poolifier, threads", file: "poolifier", form: "thread" },
  { name: "poolifier, cluster", file: "poolifier", form: "process" },
] as const;
export type PoolPeer = (typeof PEERS)[number];

type Plan = (workers: number) => Contender;

function needed(
  name: string,
  file: string,
  options: Readonly<Record<string, string | number>>,
): Plan {
  return (workers) => ({
    name,
    command: [process.execPath, join(import.meta.dir, file)],
    options: { workers, ...options },
    isNeeded: true,
  });
}

export const onBun = (
  { name, file, form }: PoolPeer,
  workers: number,
): Contender => ({
  name: `${name}, on Bun`,
  command: [process.execPath, join(import.meta.dir, `peers/${file}.ts`)],
  options: { workers, form },
  isNeeded: false,
});

export const onNode = (
  { name, file, form }: PoolPeer,
  workers: number,
  node: PeersOnNode,
): Contender => ({
  name: `${name}, on Node`,
  command: node.command(file),
  options: { workers, form },
  isNeeded: false,
});
