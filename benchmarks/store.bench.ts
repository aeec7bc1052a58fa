/**
 * The store through the dispatcher: tasks recorded, run and settled, beside the least that does the same
 * and beside queues that others keep in SQLite, each at its own durability; several processes on one
 * file; a claim with few and with many stored tasks; a start on a full store.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contest, type Pace } from "./contest.ts";
import { type LoadCases, loadCases } from "./pool-targets.ts";
import type { Findings } from "./report.ts";
import { measureClaimCost } from "./store-claim-cost.ts";
import {
  DURABILITIES,
  NEEDED,
  PEER_NOTES,
  PEERS,
  type StoreContender,
  type StoreDurability,
} from "./store-contenders.ts";
import { measureContention } from "./store-contention.ts";
import { measureStart } from "./store-start.ts";
import { contestTargets } from "./store-targets.ts";
import type { RunOptions, Suite } from "./suite.ts";

const IN_FLIGHT = [1, 64, 512] as const;
/** A small object: with its serial about 40 bytes of JSON. */
const CHARS = 20;

const PACE: { full: Pace; quick: Pace } = {
  full: { rounds: 8, blockMs: 500, warmUpMs: 1_000 },
  quick: { rounds: 1, blockMs: 5, warmUpMs: 5 },
};

export const store: Suite = {
  name: "store",
  measures:
    "recorded tasks through the dispatcher, against raw SQLite and other queues",
  run: measureStore,
};

async function measureStore(options: RunOptions): Promise<Findings> {
  const { quick, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-stores-"));
  try {
    const contest = await measureContest(options);
    say("several processes on one file");
    const contention = await measureContention(folder, quick);
    say("claims with few and many stored tasks");
    const cost = await measureClaimCost(folder, quick);
    say("starts on a full store");
    const start = await measureStart(folder, quick);
    const found = [contest, contention, cost, start];
    return {
      cases: found.flatMap(({ cases }) => cases),
      targets: found.flatMap(({ targets }) => targets),
      notes: found.flatMap(({ notes = [] }) => notes),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureContest({ quick, say }: RunOptions): Promise<Findings> {
  await using contest = new Contest();
  for (const contender of NEEDED) await contest.enter(contender);
  // A quick run has no time for those that take half a second for as many in flight.
  for (const peer of quick ? PEERS.slice(0, 1) : PEERS) {
    say(peer.name);
    await contest.enter(peer);
  }
  const measured = new Map<StoreDurability, Map<number, LoadCases>>(
    DURABILITIES.map((it) => [it, new Map()]),
  );
  for (const inFlight of IN_FLIGHT) {
    say(`${inFlight} in flight`);
    const samples = await contest.measure(
      { inFlight, chars: CHARS },
      PACE[quick ? "quick" : "full"],
    );
    for (const [durability, loads] of measured)
      loads.set(
        inFlight,
        loadCases(
          samples.flatMap(({ contender, latencies, rates }) => {
            const { role, durability: own, name } = contender as StoreContender;
            return own === durability ? [{ name, role, latencies, rates }] : [];
          }),
          `${inFlight} in flight`,
        ),
      );
  }
  return {
    cases: [...measured.values()].flatMap((loads) =>
      [...loads.values()].flatMap(({ cases }) => cases),
    ),
    targets: [...measured].flatMap(([durability, loads]) =>
      contestTargets(loads, durability),
    ),
    notes: [...PEER_NOTES, ...contest.failures],
  };
}
