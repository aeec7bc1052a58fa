/** From the samples of one load to cases, and from the cases of all loads to what was promised of the pool. Pure. */

import { type BenchCase, benchCase, type Target } from "./report.ts";

export interface LoadSample {
  readonly name: string;
  readonly role: "floor" | "ours" | "peer" | "other";
  /** us. */
  readonly latencies: readonly number[];
  /** 1/s, one a block. */
  readonly rates: readonly number[];
}

export interface LoadCases {
  readonly cases: readonly BenchCase[];
  readonly floor: Figures;
  readonly ours: Figures;
  /** By throughput; null if no peer took part. */
  readonly fastestPeer: Figures | null;
}

interface Figures {
  readonly latency: BenchCase;
  readonly throughput: BenchCase;
}

const MAX_P50_RATIO = 1.3;
const MAX_P99_RATIO = 1.5;
const MIN_OF_FLOOR = 0.6;
const MIN_OF_FASTEST_PEER = 3;
/** At 512 in flight, of what it is at 64. */
const MIN_KEPT = 0.9;

/** All ratios are to the floor. Throws if the floor or ours is missing. */
export function loadCases(
  samples: readonly LoadSample[],
  load: string,
): LoadCases {
  const floorSample = samples.find(({ role }) => role === "floor");
  if (floorSample === undefined) throw new Error("there is no floor");
  const floor = figures(floorSample, load);
  const all = samples.map((sample) => ({
    role: sample.role,
    ...(sample === floorSample ? floor : figures(sample, load, floor)),
  }));
  const ours = all.find(({ role }) => role === "ours");
  if (ours === undefined) throw new Error("ours did not take part");
  const [fastestPeer = null] = all
    .filter(({ role }) => role === "peer")
    .sort((a, b) => b.throughput.p50 - a.throughput.p50);
  return {
    cases: [
      ...all.map(({ latency }) => latency),
      ...all.map(({ throughput }) => throughput),
    ],
    floor,
    ours,
    fastestPeer,
  };
}

const figures = (
  { name, latencies, rates }: LoadSample,
  load: string,
  floor?: Figures,
): Figures => ({
  latency: benchCase(
    `${name}, latency, ${load}`,
    "us",
    latencies,
    floor?.latency,
  ),
  throughput: benchCase(
    `${name}, throughput, ${load}`,
    "1/s",
    rates,
    floor?.throughput,
  ),
});

/** `measured` by calls in flight: 1, 64 and 512 must be among them. */
export function poolTargets(
  measured: ReadonlyMap<number, LoadCases>,
  workers: string,
): Target[] {
  const [one, many, most] = [1, 64, 512].map((it) => measured.get(it));
  if (one === undefined || many === undefined || most === undefined)
    throw new Error("a load was not measured");
  const latency = (what: "p50" | "p99", limit: number): Target => ({
    name: `latency ${what} against ${one.floor.latency.name}`,
    measured: one.ours.latency[what] / one.floor.latency[what],
    limit,
    unit: "times",
  });
  const throughput = (
    ours: LoadCases,
    other: BenchCase,
    atLeast: number,
  ): Target => ({
    name: `throughput, ${ours === many ? 64 : 512} in flight, ${workers}, against ${other.name}`,
    measured: ours.ours.throughput.p50 / other.p50,
    atLeast,
    unit: "times",
  });
  return [
    latency("p50", MAX_P50_RATIO),
    latency("p99", MAX_P99_RATIO),
    throughput(many, many.floor.throughput, MIN_OF_FLOOR),
    ...(many.fastestPeer === null
      ? []
      : [throughput(many, many.fastestPeer.throughput, MIN_OF_FASTEST_PEER)]),
    throughput(most, many.ours.throughput, MIN_KEPT),
  ];
}
