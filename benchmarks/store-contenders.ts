/** Who takes part in the contest of stores: the floor and ours at each durability, and the peers at their own. */

import { join } from "node:path";
import type { Contender } from "./contest.ts";

export const DURABILITIES = ["normal", "full"] as const;
export type StoreDurability = (typeof DURABILITIES)[number];

export interface StoreContender extends Contender {
  readonly durability: StoreDurability;
  readonly role: "floor" | "ours" | "peer";
}

const WORKERS = 2;

const contender = (
  role: StoreContender["role"],
  name: string,
  file: string,
  durability: StoreDurability,
  options: Readonly<Record<string, string>> = { durability },
): StoreContender => ({
  role,
  durability,
  name,
  command: [process.execPath, join(import.meta.dir, file)],
  options: { workers: WORKERS, ...options },
  isNeeded: role !== "peer",
});

/** Those that every run needs. */
export const NEEDED: readonly StoreContender[] = DURABILITIES.flatMap((it) => [
  contender("floor", `floor, ${it}`, "floors/store-floor.ts", it),
  contender("ours", `flow-balancer, ${it}`, "peers/flow-balancer-store.ts", it),
]);

/** All of them work in one process, and none keeps what a task came to. */
export const PEERS: readonly StoreContender[] = [
  contender("peer", "plainjob, normal", "peers/plainjob.ts", "normal"),
  contender("peer", "liteque, normal", "peers/liteque.ts", "normal"),
  contender("peer", "bunqueue, normal", "peers/bunqueue.ts", "normal"),
  contender(
    "peer",
    "bunqueue, acknowledged before it is written",
    "peers/bunqueue.ts",
    "normal",
    {},
  ),
];

export const PEER_NOTES: readonly string[] = [
  "durability normal: on disk for every death of a process (WAL, synchronous NORMAL); full: for a power cut too (synchronous FULL)",
  "peers do the work in their own process, ours and the floor on two others; plainjob and liteque look for the next job at intervals, here the shortest they can",
  "liteque runs on bun:sqlite: with the better-sqlite3 of today its own driver refuses its transactions. It deletes what is done, and says so before it is on disk",
  "plainjob keeps no results; bunqueue writes jobs a moment after it acknowledged them unless it is told to wait for the disk",
];
