/**
 * The pool as a library beside raw IPC and the pools others use: the same echo task, a small object
 * there and back, with the same number of workers. Every contender is a process of its own; blocks in
 * turn; a closed loop. What a peer does on Bun and on Node are two contenders: the fastest counts.
 */

import { Contest, type Pace, type Sample } from "./contest.ts";
import {
  isFloor,
  isOurs,
  NEEDED,
  onBun,
  onNode,
  PEERS,
} from "./pool-contenders.ts";
import { PeersOnNode } from "./peers-on-node.ts";
import { poolTargets, type LoadCases, loadCases } from "./pool-targets.ts";
import type { Findings } from "./report.ts";
import type { RunOptions, Suite } from "./suite.ts";

/** Of a machine with two cores: one beside the caller, and one more than that. */
const WORKERS = [1, 2] as const;
const IN_FLIGHT = [1, 8, 64, 512] as const;
/** A small object: with its serial about 40 bytes of JSON. */
const CHARS = 20;

const PACE: { full: Pace; quick: Pace } = {
  full: { rounds: 6, blockMs: 180, warmUpMs: 250 },
  quick: { rounds: 1, blockMs: 5, warmUpMs: 5 },
};

export const pool: Suite = {
  name: "pool",
  measures: "pool.run with an echo kind, against raw IPC and other pools",
  run: measurePool,
};

async function measurePool(options: RunOptions): Promise<Findings> {
  // A few measurements need no second runtime.
  using node = options.quick ? null : await PeersOnNode.build();
  const found: Findings[] = [];
  for (const workers of WORKERS)
    found.push(await measureWith(workers, node, options));
  return {
    cases: found.flatMap(({ cases }) => cases),
    targets: found.flatMap(({ targets }) => targets),
    notes: [
      ...(node === null
        ? [
            `${options.quick ? "a quick run" : "there is no Node"}: peers on Bun only`,
          ]
        : []),
      ...found.flatMap(({ notes = [] }) => notes),
    ],
  };
}

async function measureWith(
  workers: number,
  node: PeersOnNode | null,
  { quick, say }: RunOptions,
): Promise<Findings> {
  const said = `${workers} ${workers === 1 ? "worker" : "workers"}`;
  await using contest = new Contest();
  for (const contender of NEEDED) await contest.enter(contender(workers));
  // Two of them hang, and a quick run has no time for that.
  for (const peer of quick ? PEERS.slice(0, 1) : PEERS) {
    say(`${said}, ${peer.name}`);
    await contest.enter(onBun(peer, workers));
    if (node !== null) await contest.enter(onNode(peer, workers, node));
  }
  const measured = new Map<number, LoadCases>();
  for (const inFlight of IN_FLIGHT) {
    say(`${said}, ${inFlight} in flight`);
    const samples: Sample[] = await contest.measure(
      { inFlight, chars: CHARS },
      PACE[quick ? "quick" : "full"],
    );
    measured.set(
      inFlight,
      loadCases(
        samples.map(({ contender, runtime, latencies, rates }) => ({
          name: contender.isNeeded
            ? contender.name
            : contender.name.replace(/(?:Bun|Node)$/, runtime),
          role: isFloor(contender)
            ? "floor"
            : isOurs(contender)
              ? "ours"
              : contender.isNeeded
                ? "other"
                : "peer",
          latencies,
          rates,
        })),
        `${inFlight} in flight, ${said}`,
      ),
    );
  }
  return {
    cases: [...measured.values()].flatMap(({ cases }) => cases),
    targets: poolTargets(measured, said),
    notes: contest.failures.map((failure) => `${said}: ${failure}`),
  };
}
