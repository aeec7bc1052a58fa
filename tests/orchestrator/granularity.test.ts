import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ChunkRun } from "../../flow-balancer/core/chunking.ts";
import { explainGranularity } from "../../orchestrator/learning/granularity-explain.ts";
import {
  restoreGranularity,
  snapshotGranularity,
} from "../../orchestrator/learning/granularity-snapshot.ts";
import {
  addChunks,
  costsOf,
  efficiencyOf,
  NO_CHUNKS,
  sumsOfChunk,
} from "../../orchestrator/learning/granularity-sums.ts";
import {
  chunkerOf,
  type GranularityMemory,
  mergeGranularity,
  newGranularityMemory,
  observeChunk,
} from "../../orchestrator/learning/granularity.ts";

const DAY = 86_400_000;

const chunk = fc.record({
  items: fc.integer({ min: 1, max: 500 }),
  workMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
  overheadMs: fc.double({ min: 0, max: 1e3, noNaN: true }),
});
const seen = fc.array(fc.record({ run: chunk, at: fc.nat(30 * DAY) }), {
  minLength: 1,
  maxLength: 30,
});

function memoryOf(
  runs: readonly { readonly run: ChunkRun; readonly at: number }[],
): GranularityMemory {
  const memory = newGranularityMemory();
  for (const { run, at } of runs) observeChunk(memory, "k", run, at);
  return memory;
}

/** Equal but for rounding. */
function expectAlike(a: GranularityMemory, b: GranularityMemory): void {
  const [one, other] = [a, b].map(({ kinds }) => kinds.get("k"));
  expect(one?.atMs).toBe(other?.atMs as number);
  for (const [name, value] of Object.entries(one?.sums ?? {})) {
    const also = other?.sums[name as keyof typeof NO_CHUNKS] ?? Number.NaN;
    expect(Math.abs(value - also)).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(value)),
    );
  }
}

describe("what is remembered of chunks", () => {
  test("does not depend on their order", () => {
    fc.assert(
      fc.property(seen, (runs) =>
        expectAlike(memoryOf(runs), memoryOf(runs.toReversed())),
      ),
    );
  });

  test("merged, it is what one would know that saw them all; neither is changed", () => {
    fc.assert(
      fc.property(seen, seen, (a, b) => {
        const one = memoryOf(a);
        const before = JSON.stringify(snapshotGranularity(one));
        expectAlike(mergeGranularity(one, memoryOf(b)), memoryOf([...a, ...b]));
        expect(JSON.stringify(snapshotGranularity(one))).toBe(before);
      }),
    );
  });

  test("comes back from its snapshot, through JSON, and decides the same", () => {
    fc.assert(
      fc.property(seen, (runs) => {
        const memory = memoryOf(runs);
        const back = restoreGranularity(
          JSON.parse(JSON.stringify(snapshotGranularity(memory))),
        );
        expect(back).toEqual(memory);
        const state = { remaining: 1_200, free: 4, inFlight: [] };
        expect(chunkerOf(back, "k").next(state)).toBe(
          chunkerOf(memory, "k").next(state),
        );
      }),
    );
  });

  test("fades: after a week a chunk counts half", () => {
    const memory = newGranularityMemory();
    const run = { items: 10, workMs: 100, overheadMs: 1 };
    observeChunk(memory, "k", run, 0);
    observeChunk(memory, "k", run, 7 * DAY);
    expect(memory.kinds.get("k")?.sums.chunks).toBeCloseTo(1.5, 9);
  });

  test("is of 512 kinds at most, and those seen last stay", () => {
    const memory = newGranularityMemory();
    const run = { items: 1, workMs: 1, overheadMs: 1 };
    for (let kind = 0; kind < 600; kind++)
      observeChunk(memory, `k${kind}`, run, kind);
    expect(memory.kinds.size).toBe(512);
    expect(memory.kinds.has("k87")).toBe(false);
    expect(memory.kinds.has("k88")).toBe(true);
  });

  test("what is no chunk counts nothing", () => {
    const memory = newGranularityMemory();
    for (const run of [
      { items: 0, workMs: 1, overheadMs: 1 },
      { items: -2, workMs: 1, overheadMs: 1 },
      { items: 1, workMs: -1, overheadMs: 1 },
      { items: 1, workMs: 1, overheadMs: Number.NaN },
      { items: 1, workMs: Infinity, overheadMs: 1 },
    ])
      observeChunk(memory, "k", run, 0);
    expect(memory.kinds.size).toBe(0);
  });

  test.each([
    [null, "the snapshot is not an object"],
    [{ version: 2, kinds: [] }, "expected version 1"],
    [{ version: 1, kinds: [{ kind: 7 }] }, "kinds[0].kind is not a text"],
    [
      { version: 1, kinds: [{ kind: "k", atMs: 0, sums: { chunks: -1 } }] },
      "kinds[0].sums.chunks is below 0",
    ],
    [
      { version: 1, kinds: [{ kind: "k", atMs: "now", sums: {} }] },
      "kinds[0].atMs is not a number",
    ],
  ])("a snapshot that is none is refused: %j", (snapshot, why) => {
    expect(() => restoreGranularity(snapshot)).toThrow(why);
  });
});

describe("costs", () => {
  const of = (runs: readonly ChunkRun[]) =>
    runs.map(sumsOfChunk).reduce((all, it) => addChunks(all, it), NO_CHUNKS);

  test("overhead is told apart into a chunk's and an item's by chunks of several sizes", () => {
    const sums = of(
      [1, 5, 20, 80].map((items) => ({
        items,
        workMs: 3 * items,
        overheadMs: 7 + 0.5 * items,
      })),
    );
    const costs = costsOf(sums);
    expect(costs?.overheadMs).toBeCloseTo(7, 6);
    expect(costs?.itemMs).toBeCloseTo(3.5, 6);
    expect(costs?.spread).toBeCloseTo(0, 6);
  });

  test("of chunks of one size all of it is the chunk's", () => {
    const costs = costsOf(
      of([1, 2, 3].map(() => ({ items: 10, workMs: 30, overheadMs: 12 }))),
    );
    expect(costs?.overheadMs).toBeCloseTo(12, 6);
  });

  test("without chunks, or without work, nothing is known", () => {
    expect(costsOf(NO_CHUNKS)).toBeNull();
    expect(costsOf(of([{ items: 3, workMs: 0, overheadMs: 1 }]))).toBeNull();
    expect(efficiencyOf(NO_CHUNKS)).toBeNull();
  });

  test("efficiency is work / (work + overhead)", () => {
    expect(
      efficiencyOf(of([{ items: 4, workMs: 30, overheadMs: 10 }])),
    ).toBeCloseTo(0.75, 9);
  });
});

describe("a job's chunks", () => {
  const state = { remaining: 1_200, free: 4, inFlight: [] };

  test("what the job shows counts from the next chunk on, and what is remembered is not changed by it", () => {
    const memory = newGranularityMemory();
    const job = chunkerOf(memory, "k");
    expect(job.expectedMs(10)).toBeNull();
    expect(job.next(state)).toBe(150);
    for (let chunk = 0; chunk < 20; chunk++)
      job.ended({ items: 10 + chunk, workMs: 10 + chunk, overheadMs: 0.1 });
    expect(job.next(state)).toBeGreaterThan(200);
    expect(job.expectedMs(10)).toBeCloseTo(10, 6);
    expect(memory.kinds.size).toBe(0);
  });

  test("a job that is quite unlike the ones before it goes by its own chunks before long", () => {
    const memory = newGranularityMemory();
    for (let chunk = 0; chunk < 10_000; chunk++)
      observeChunk(memory, "k", { items: 10, workMs: 10, overheadMs: 1 }, 0);
    const job = chunkerOf(memory, "k");
    for (let chunk = 0; chunk < 64; chunk++)
      job.ended({ items: 10, workMs: 1_000, overheadMs: 1 });
    expect(job.expectedMs(1)).toBeGreaterThan(45);
  });
});

describe("explainGranularity", () => {
  const example = { items: 1_200, workers: 4 };

  test("says that nothing is known, and what is done then", () => {
    const lines = explainGranularity(newGranularityMemory(), "k", example);
    expect(lines.join("\n")).toContain("no chunk of it has run");
    expect(lines.join("\n")).toContain("150 items");
  });

  test("says how thin the evidence is, and how much of the time was work, rounded down", () => {
    const memory = newGranularityMemory();
    for (let chunk = 0; chunk < 7; chunk++)
      observeChunk(
        memory,
        "k",
        { items: 10, workMs: 999.6, overheadMs: 0.4 },
        0,
      );
    const few = explainGranularity(memory, "k", example).join("\n");
    expect(few).toContain("7 chunks of 70 items, not enough");
    expect(few).toContain("99.9 % of the time was work");
    observeChunk(memory, "k", { items: 10, workMs: 1, overheadMs: 1 }, 0);
    expect(explainGranularity(memory, "k", example).join("\n")).not.toContain(
      "not enough",
    );
  });
});
