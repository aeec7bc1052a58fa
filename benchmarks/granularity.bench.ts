/**
 * map_task over lists of tasks that compute, with chunks of a learned size and of fixed sizes: short, middling
 * and long items, whose work varies. Real server, real workers, one client; the candidates take turns, and
 * each list's values are compared with what was computed here.
 */

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import busy from "./tasks/busy.ts";
import { interleave } from "./interleave.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { seededRandom } from "./seeded-random.ts";
import { OURS, startServer } from "./servers.ts";
import type { StdioPeer } from "./stdio-peer.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

/** Steps of an item on average, and items of a list: one or two seconds' work for one worker, but for the short ones. */
const LISTS = [
  { kind: "short", steps: 30_000, items: 1_200 },
  { kind: "middling", steps: 600_000, items: 1_200 },
  { kind: "long", steps: 4_000_000, items: 200 },
] as const;
const ROUNDS = { full: 9, quick: 1 };
/** Of the list in a quick run. */
const QUICK_ITEMS = 40;
const MODULE = join(import.meta.dir, "tasks/busy.ts");
const SEED = 11;

interface Work {
  readonly kind: string;
  readonly items: readonly { readonly seed: number; readonly steps: number }[];
  readonly values: readonly unknown[];
}

interface Candidate {
  readonly name: string;
  /** Null: learned. */
  readonly chunk: number | null;
}

interface Answer {
  readonly values: readonly unknown[];
  readonly makespan_ms: number;
  readonly efficiency: number;
  readonly chunks: number;
}

export const granularity: Suite = {
  name: "granularity",
  measures: "map_task with learned chunks, against fixed ones",
  run: measureGranularity,
};

async function measureGranularity(options: RunOptions): Promise<Findings> {
  const workers = availableParallelism();
  using project = new TemporaryProject();
  writeFileSync(
    join(project.folder, "flow-balancer.toml"),
    `[pool]\nmax_workers = ${workers}\n${LISTS.map(({ kind }) => `[kinds.${kind}]\nmodule = ${JSON.stringify(MODULE)}\neffects = "none"\n`).join("")}`,
  );
  const peer = startServer(OURS, "modern", project);
  try {
    await peer.open();
    const found: ListFindings[] = [];
    for (const list of LISTS)
      found.push(await measureList(peer, list, workers, options));
    const ratios = found.map(({ ratio }) => ratio);
    return {
      cases: found.flatMap(({ cases }) => cases),
      targets: [
        {
          name: "learned chunks, makespan against the best fixed size of the same run, geometric mean over the lists",
          limit: 1.01,
          measured: Math.exp(
            ratios.reduce((sum, it) => sum + Math.log(it), 0) / ratios.length,
          ),
          unit: "x",
        },
      ],
      notes: found.map(({ note }) => note),
    };
  } finally {
    await peer.close();
  }
}

interface ListFindings {
  readonly cases: readonly BenchCase[];
  readonly ratio: number;
  readonly note: string;
}

async function measureList(
  peer: StdioPeer,
  list: (typeof LISTS)[number],
  workers: number,
  { quick, say }: RunOptions,
): Promise<ListFindings> {
  const work = workOf(list, quick ? QUICK_ITEMS : list.items);
  const candidates: readonly Candidate[] = [
    ...[1, 8, 32, Math.ceil(work.items.length / workers)].map((chunk) => ({
      name: `${list.kind} items, chunks of ${chunk}`,
      chunk,
    })),
    { name: `${list.kind} items, learned chunks`, chunk: null },
  ];
  const makespans = new Map<Candidate, number[]>(
    candidates.map((it) => [it, []]),
  );
  const last = new Map<Candidate, Answer>();
  // Until the kind is loaded and compiled in every worker.
  await mapOnce(peer, work, 1);
  await interleave(
    candidates,
    quick ? ROUNDS.quick : ROUNDS.full,
    async (candidate, round) => {
      say(`${candidate.name}, round ${round + 1}`);
      const answer = await mapOnce(peer, work, candidate.chunk);
      makespans.get(candidate)?.push(answer.makespan_ms);
      last.set(candidate, answer);
    },
  );
  return findings(makespans, last);
}

function findings(
  makespans: ReadonlyMap<Candidate, readonly number[]>,
  last: ReadonlyMap<Candidate, Answer>,
): ListFindings {
  const fixed = [...makespans].filter(([{ chunk }]) => chunk !== null);
  const made = fixed.map(([{ name }, sample]) => benchCase(name, "ms", sample));
  const best = made.reduce((a, b) => (b.p50 < a.p50 ? b : a));
  const cases = [...makespans].map(([{ name }, sample]) =>
    benchCase(name, "ms", sample, name === best.name ? undefined : best),
  );
  const own = [...last].find(([{ chunk }]) => chunk === null);
  if (own === undefined) throw new Error("nothing was measured");
  const [{ name }, { chunks, efficiency }] = own;
  return {
    cases,
    ratio: cases.find((it) => it.name === name)?.ratio ?? Number.NaN,
    note: `${name}: ${chunks} chunks, efficiency ${efficiency} in the last round; best fixed: ${best.name}`,
  };
}

function workOf({ kind, steps }: (typeof LISTS)[number], count: number): Work {
  const random = seededRandom(SEED);
  const items = Array.from({ length: count }, (_, seed) => ({
    seed,
    // Exponential, so that the standard deviation is the mean.
    steps: Math.round(-steps * Math.log(1 - random())),
  }));
  return { kind, items, values: items.map((it) => busy.run(it, NOBODY)) };
}

/** The task asks nothing of its surroundings. */
const NOBODY = {} as Parameters<typeof busy.run>[1];

async function mapOnce(
  peer: StdioPeer,
  { kind, items, values }: Work,
  chunk: number | null,
): Promise<Answer> {
  const { result, error } = await peer.call("map_task", {
    kind,
    items,
    ...(chunk === null ? {} : { chunk }),
  });
  const answer = result?.["structuredContent"] as Answer | undefined;
  if (answer === undefined || !Bun.deepEquals(answer.values, values))
    throw new Error(
      `map_task answered ${JSON.stringify(error ?? result).slice(0, 500)}`,
    );
  return answer;
}
