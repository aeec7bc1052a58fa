/**
 * One flood in a server process of its own, so that the memory measured is the pool's: started with
 * its order as JSON, it prints one line of findings.
 */

import { type Flood, COMPUTING, floodsOf } from "./floods.ts";
import { forgetPeak, peakMb, residentMb } from "./peak-memory.ts";
import { SteadyStream, type StreamFigures } from "./steady-stream.ts";
import { WatchedPool } from "./watched-pool.ts";

export interface FloodOrder {
  /** Of floods.ts; null: the task that only computes. */
  readonly flood: number | null;
  /** Of the full size. */
  readonly share: number;
  readonly quietMs: number;
  /** Floods follow one another for at least so long. */
  readonly floodMs: number;
}

export interface FloodFindings {
  readonly quiet: StreamFigures;
  readonly beside: StreamFigures;
  /** What each flood came to. */
  readonly outcomes: readonly string[];
  /** One a flood. */
  readonly tookMs: readonly number[];
  readonly growthMb: number;
  /** Of the server, over the time the floods took. */
  readonly cpuShare: number;
}

const EVERY_MS = 2;
const WARM_UP_MS = 500;

async function main(order: FloodOrder): Promise<FloodFindings> {
  const flood =
    order.flood === null ? COMPUTING : floodsOf(order.share)[order.flood];
  if (flood === undefined) throw new Error(`there is no flood ${order.flood}`);
  await using own = new WatchedPool({ maxWorkers: 2, spareWorkers: 2 });
  await own.idle(2);
  const beginStream = (): SteadyStream =>
    new SteadyStream((kind, input) => own.submit(kind, input), {
      everyMs: EVERY_MS,
    });
  const streamed = async (ms: number): Promise<StreamFigures> => {
    const stream = beginStream();
    await Bun.sleep(ms);
    return stream.stop();
  };
  await streamed(WARM_UP_MS);
  const quiet = await streamed(order.quietMs);
  Bun.gc(true);
  const beforeMb = residentMb();
  forgetPeak();
  const stream = beginStream();
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const outcomes: string[] = [];
  const tookMs: number[] = [];
  do {
    const floodedAt = performance.now();
    outcomes.push(await outcomeOf(own, flood));
    tookMs.push(performance.now() - floodedAt);
  } while (performance.now() - startedAt < order.floodMs);
  const beside = await stream.stop();
  const { user, system } = process.cpuUsage(cpu);
  return {
    quiet,
    beside,
    outcomes,
    tookMs,
    growthMb: peakMb() - beforeMb,
    cpuShare: (user + system) / 1_000 / (performance.now() - startedAt),
  };
}

async function outcomeOf(
  own: WatchedPool,
  { kind, input }: Flood,
): Promise<string> {
  const { result } = await own.submit(kind, input).done;
  return "error" in result ? result.error.code : result.status;
}

const found = await main(JSON.parse(process.argv[2] ?? "{}") as FloodOrder);
await Bun.write(Bun.stdout, `${JSON.stringify(found)}\n`);
