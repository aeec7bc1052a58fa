/**
 * What observation costs: the same tasks on three engines in one process, in turn. One tells nobody
 * anything; one counts all it does and is scraped every fifth round; one has a dashboard open besides.
 * Once as fast as they can, and once at a steady rate. Then a scrape by itself.
 */

import { closedLoop } from "./closed-loop.ts";
import { OwnEngine, type OwnEngineOptions } from "./own-engine.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";
import type { RunOptions, Suite } from "./suite.ts";

const KIND = "echo-unchecked";
const WORKERS = 2;
const IN_FLIGHT = 32;
const CHARS = 100;
/** Tasks a second that somebody looks at live. */
const STEADY_PER_S = 200;
/** Rounds: three times as often as Prometheus asks unless it is told otherwise. */
const SCRAPE_EVERY = 5;

const PLAN = {
  full: { rounds: 30, warmUps: 6, ms: 1_100, scrapes: 200 },
  quick: { rounds: 2, warmUps: 1, ms: 50, scrapes: 5 },
} as const;

/** Of throughput. */
const MIN_LEFT = 0.95;

export const observe: Suite = {
  name: "observe",
  measures: "what observation costs: on against off, and a scrape of /metrics",
  run: measureObservation,
};

class Side {
  readonly name: string;
  readonly engine: OwnEngine;
  /** As fast as they can, by round: tasks a second, and what this process computed for one, us. */
  readonly rates: number[] = [];
  readonly cpu: number[] = [];
  readonly latencies: number[] = [];
  /** At the steady rate, by round: share of one processor. */
  readonly steadyCpu: number[] = [];

  constructor(name: string, engine: OwnEngine) {
    this.name = name;
    this.engine = engine;
  }
}

async function measureObservation({
  quick,
  say,
}: RunOptions): Promise<Findings> {
  const { rounds, warmUps, ms, scrapes } = PLAN[quick ? "quick" : "full"];
  await using off = await open("none");
  await using metrics = await open("metrics");
  await using all = await open("all");
  const sides: readonly [Side, Side, Side] = [
    new Side("not observed", off),
    new Side("metrics", metrics),
    new Side("metrics and a dashboard", all),
  ];
  // What writes the text is loaded with the first.
  await metrics.metrics?.text();
  await all.metrics?.text();
  say(`${rounds} rounds as fast as they can`);
  await inTurn(sides, warmUps + rounds, async (side, round) => {
    const { block, cpuUs } = await observed(side.engine, ms, round, () =>
      closedLoop((input) => side.engine.value(KIND, input), {
        inFlight: IN_FLIGHT,
        ms,
        chars: CHARS,
      }),
    );
    if (round < warmUps) return;
    const tasks = block.latencies.length;
    side.rates.push((1_000 * tasks) / block.ms);
    side.cpu.push(cpuUs / tasks);
    for (const us of block.latencies) side.latencies.push(us);
  });
  say(`${rounds} rounds at ${STEADY_PER_S} tasks a second`);
  await inTurn(sides, rounds, async (side, round) => {
    const startedAt = performance.now();
    const { cpuUs } = await observed(side.engine, ms, round, () =>
      steadily(side.engine, ms),
    );
    side.steadyCpu.push(cpuUs / 1_000 / (performance.now() - startedAt));
  });
  say("scrapes");
  return {
    cases: [...casesOf(sides), ...(await scraped(all, scrapes))],
    targets: targetsOf(sides),
    notes: NOTES,
  };
}

const NOTES = [
  `${IN_FLIGHT} tasks at a time of a kind that does nothing, ${WORKERS} workers, durability normal: what is added to a task that takes longer is the same, and its share less`,
  "processor time is that of this process (dispatcher, store, pool, and who submits), whatever else the machine does",
  "metrics: every event counted, a scrape in every fifth round of 1.1 s. A dashboard: one that listens, all it is told written as JSON. Without MCP, HTTP and other servers",
];

/** Each of the three as often at each place and after each other one: which place it is makes as much of a difference as what is measured. */
async function inTurn(
  sides: readonly Side[],
  rounds: number,
  measure: (side: Side, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? sides : sides.toReversed();
    const first = Math.floor(round / 2) % sides.length;
    for (const side of [...order.slice(first), ...order.slice(0, first)])
      await measure(side, round);
  }
}

const open = (how: OwnEngineOptions["observed"]): Promise<OwnEngine> =>
  OwnEngine.open({ workers: WORKERS, kind: KIND, observed: how });

/** Runs `work`, which takes about `ms`, with a scrape in the middle of it now and then and a dashboard open, as far as the engine has them. */
async function observed<T>(
  { metrics, watch }: OwnEngine,
  ms: number,
  round: number,
  work: () => Promise<T>,
): Promise<{ readonly block: T; readonly cpuUs: number }> {
  const before = process.cpuUsage();
  const isScraped = round % SCRAPE_EVERY === 0;
  const scrape = Bun.sleep(ms / 2).then(() =>
    isScraped ? metrics?.text() : undefined,
  );
  let told = 0;
  const leave = watch?.listen((event) => {
    told += JSON.stringify(event.data).length;
  });
  const block = await work();
  await scrape;
  leave?.();
  const { user, system } = process.cpuUsage(before);
  if (watch !== null && ms > 1_000 && told === 0)
    throw new Error("the dashboard was told nothing");
  return { block, cpuUs: user + system };
}

async function steadily(engine: OwnEngine, ms: number): Promise<void> {
  const running: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let passed = 0; passed < ms; passed = performance.now() - startedAt) {
    const due = (passed * STEADY_PER_S) / 1_000;
    while (running.length <= due) {
      const input = { serial: running.length, text: "steady" };
      running.push(engine.value(KIND, input));
    }
    await Bun.sleep(1_000 / STEADY_PER_S);
  }
  await Promise.all(running);
}

function casesOf(sides: readonly [Side, Side, Side]): BenchCase[] {
  const each = (what: string, unit: string, of: (side: Side) => number[]) => {
    const [first, ...others] = sides;
    const floor = benchCase(`${what}, ${first.name}`, unit, of(first));
    const more = others.map((it) =>
      benchCase(`${what}, ${it.name}`, unit, of(it), floor),
    );
    return [floor, ...more];
  };
  return [
    ...each("tasks", "1/s", ({ rates }) => rates),
    ...each("processor time a task", "us", ({ cpu }) => cpu),
    ...each("latency", "us", ({ latencies }) => latencies),
    ...each(
      `processor at ${STEADY_PER_S} tasks a second`,
      "share of one",
      ({ steadyCpu }) => steadyCpu,
    ),
  ];
}

const targetsOf = ([off, ...others]: readonly [Side, Side, Side]): Target[] =>
  others.map(({ name, rates }) => {
    const ratios = rates.map((it, at) => it / (off.rates[at] ?? 0));
    return {
      name: `throughput with ${name}, by not observed: median of the rounds`,
      measured: benchCase(name, "times", ratios).p50,
      atLeast: MIN_LEFT,
      unit: "times",
    };
  });

async function scraped(
  { metrics }: OwnEngine,
  times: number,
): Promise<BenchCase[]> {
  if (metrics === null) throw new Error("nothing is observed");
  const sample: number[] = [];
  let text = "";
  for (let n = 0; n < times; n++) {
    const startedAt = performance.now();
    ({ text } = await metrics.text());
    sample.push(performance.now() - startedAt);
  }
  const series = text.split("\n").filter((line) => /^[a-z]/.test(line));
  return [
    benchCase("one scrape", "ms", sample),
    benchCase("text of a scrape", "KiB", [Buffer.byteLength(text) / 1_024]),
    benchCase("the same, gzip", "KiB", [Bun.gzipSync(text).length / 1_024]),
    benchCase("time series of a scrape", "series", [series.length]),
  ];
}
