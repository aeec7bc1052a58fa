/**
 * What the whole way through admission, record, worker and settle adds to a tool call: run_task
 * with an echo kind, beside a bare SDK server's echo tool, and beside one that only asks another
 * process over raw IPC. A closed loop (so many calls in flight,
 * the next one when one is answered), one client, both servers up, blocks of calls in turn.
 */

import { interleave } from "./interleave.ts";
import { ERAS, type Era } from "./mcp-messages.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";
import {
  BARE,
  BARE_PROCESS,
  BARE_V1,
  echoOnce,
  OURS,
  type ServerUnderTest,
  startServer,
} from "./servers.ts";
import type { StdioPeer } from "./stdio-peer.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

/** Calls in flight, and how many make a block: long enough that the first and the last of it do not weigh. */
const LOADS = [
  { inFlight: 1, block: 100 },
  { inFlight: 8, block: 400 },
  { inFlight: 64, block: 800 },
] as const;
const CALLS = { full: 4_000, quick: 20 };
/** Until code is compiled and the workers are there. */
const WARM_UP_CALLS = { full: 2_000, quick: 10 };
const MAX_ADDED_MS = 0.25;

interface Connection {
  readonly server: ServerUnderTest;
  readonly peer: StdioPeer;
}

interface Measured {
  readonly latencies: number[];
  /** Calls a second, one figure a block. */
  readonly rates: number[];
}

export const mcp: Suite = {
  name: "mcp",
  measures: "run_task with an echo kind, against a bare SDK server's echo tool",
  run: measureMcp,
};

async function measureMcp(options: RunOptions): Promise<Findings> {
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  for (const era of ERAS) {
    const found = await measureEra(era, options);
    cases.push(...found.cases);
    targets.push(...found.targets);
  }
  return { cases, targets };
}

async function measureEra(
  era: Era,
  { quick, say }: RunOptions,
): Promise<Findings> {
  using project = new TemporaryProject();
  const size = quick ? "quick" : "full";
  const connections = [BARE, BARE_PROCESS, BARE_V1, OURS]
    .filter(({ eras }) => eras.includes(era))
    .map((server) => ({ server, peer: startServer(server, era, project) }));
  try {
    const serial = counter();
    const found: Findings[] = [];
    for (const { peer } of connections) await peer.open();
    for (const { inFlight, block } of LOADS) {
      say(`${era}, ${inFlight} in flight`);
      for (const connection of connections)
        await runBlock(connection, inFlight, WARM_UP_CALLS[size], serial);
      const measured = new Map<Connection, Measured>(
        connections.map((it) => [it, { latencies: [], rates: [] }]),
      );
      const calls = Math.min(block, CALLS[size]);
      await interleave(connections, CALLS[size] / calls, async (connection) => {
        const { latencies, ms } = await runBlock(
          connection,
          inFlight,
          calls,
          serial,
        );
        measured.get(connection)?.latencies.push(...latencies);
        measured.get(connection)?.rates.push((1_000 * calls) / ms);
      });
      found.push(findings(measured, era, inFlight));
    }
    return {
      cases: found.flatMap(({ cases }) => cases),
      targets: found.flatMap(({ targets }) => targets),
    };
  } finally {
    for (const { peer } of connections) await peer.close();
  }
}

/** Every value is another one, so that an answer to the wrong call cannot pass for the right one. */
function counter(): () => number {
  let last = 0;
  return () => ++last;
}

async function runBlock(
  { server, peer }: Connection,
  inFlight: number,
  calls: number,
  serial: () => number,
): Promise<{ latencies: number[]; ms: number }> {
  const latencies: number[] = [];
  let left = calls;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const value = { serial: serial(), text: "the quick brown fox" };
      const startedAt = performance.now();
      await echoOnce(peer, server.echo, value);
      latencies.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { latencies, ms: performance.now() - startedAt };
}

function findings(
  measured: ReadonlyMap<Connection, Measured>,
  era: Era,
  inFlight: number,
): Findings {
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  for (const of of ["latency", "throughput"] as const) {
    let floor: BenchCase | undefined;
    for (const [{ server }, { latencies, rates }] of measured) {
      const made = benchCase(
        `${server.name}, ${of}, ${inFlight} in flight, ${era}`,
        of === "latency" ? "ms" : "calls/s",
        of === "latency" ? latencies : rates,
        floor,
      );
      cases.push(made);
      floor ??= made;
      if (server === OURS && of === "latency" && inFlight === 1)
        targets.push({
          name: `${made.name}, added to the bare SDK's at p50`,
          limit: MAX_ADDED_MS,
          measured: made.added ?? Number.NaN,
          unit: "ms",
        });
    }
  }
  return { cases, targets };
}
