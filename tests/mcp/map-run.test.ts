import { describe, expect, test } from "bun:test";
import { MapItems } from "../../flow-balancer/mcp/map-items.ts";
import { MapBench, settle } from "./map-bench.ts";

describe("a map", () => {
  test("keeps one chunk a worker in hand, and asks for the next size when one is free", async () => {
    const bench = new MapBench();
    const run = await bench.start(["1", "2", "3", "4", "5", "6", "7"]);
    await settle();
    expect(bench.inputs).toEqual(["[1,2,3]", "[4,5,6]"]);
    expect(bench.asked).toEqual([
      { remaining: 7, free: 2, inFlight: [] },
      { remaining: 4, free: 1, inFlight: [{ items: 3, sinceMs: 0 }] },
    ]);
    bench.env.advance(20);
    bench.double(1);
    await settle();
    expect(bench.asked[2]).toEqual({
      remaining: 1,
      free: 1,
      inFlight: [{ items: 3, sinceMs: 20 }],
    });
    // A single item is a task of the kind itself.
    expect(bench.inputs[2]).toBe("7");
    expect(bench.open.map(({ request }) => request.kind)).toEqual([
      "k[]",
      "k[]",
      "k",
    ]);
    bench.double(0);
    bench.double(2);
    await run.done;
    expect(run.ends.map(({ value }) => value)).toEqual([
      "2",
      "4",
      "6",
      "8",
      "10",
      "12",
      "14",
    ]);
    // 20 ms, less 2 of waiting, 3 of loading and 10 of work.
    expect(bench.runs[0]).toEqual({ items: 3, workMs: 10, overheadMs: 5 });
    expect(run.totals.chunks).toBe(3);
    expect(bench.reports.at(-1)).toBe(7);
  });

  test("a chunk may take one item's time and ten times what is expected; before, as many times as it has items", async () => {
    const bench = new MapBench();
    await bench.start(["1", "2", "3", "4"]);
    bench.expectedMs = 30;
    await bench.start(["1", "2", "3"], { timeoutMs: 500 });
    await settle();
    expect(bench.open.map(({ request }) => request.timeoutMs)).toEqual([
      3_000,
      null,
      800,
    ]);
  });

  test.each([
    "TASK_TIMEOUT",
    "WORKER_EXITED",
    "POISONED",
    "MEMORY_LIMIT",
  ] as const)(
    "a chunk lost by %s is run again item by item, and later chunks are smaller",
    async (code) => {
      const bench = new MapBench();
      const run = await bench.start([
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
      ]);
      await settle();
      bench.open[0]?.fail(code);
      await settle();
      expect(bench.inputs.slice(2)).toEqual(["3"]);
      bench.double(2);
      await settle();
      bench.open[3]?.fail(code);
      await settle();
      for (let at = 1; at < 8; at++) {
        if (at !== 3) bench.double(at);
        await settle();
      }
      await run.done;
      expect(run.ends.map(({ error, value }) => error?.code ?? value)).toEqual([
        "2",
        code,
        "6",
        "8",
        "10",
        "12",
        "14",
        "16",
        "18",
      ]);
      expect(bench.inputs.slice(5)).toEqual(["7", "8", "9"]);
    },
  );

  test("any other failure of a chunk is all its items'", async () => {
    const bench = new MapBench();
    const run = await bench.start(["1", "2"]);
    await settle();
    bench.open[0]?.fail("MODULE_SYNTAX");
    await run.done;
    expect(run.ends.map(({ error }) => error?.code)).toEqual([
      "MODULE_SYNTAX",
      "MODULE_SYNTAX",
    ]);
  });

  test("what is too large together goes in halves, what is too large alone fails", async () => {
    const bench = new MapBench();
    bench.size = 4;
    const long = '"0123456789012345"';
    const run = await bench.start([long, long, "1", `"${"x".repeat(50)}"`]);
    for (let round = 0; round < 6; round++) {
      await settle();
      for (const at of bench.open.keys()) bench.double(at);
    }
    await run.done;
    expect(run.ends.map(({ error }) => error?.code ?? null)).toEqual([
      null,
      null,
      null,
      "PAYLOAD_TOO_LARGE",
    ]);
  });

  test("a kind without lists runs its items one by one, no more than there are workers", async () => {
    const bench = new MapBench();
    bench.isList = false;
    const run = await bench.start(["1", "2", "3"], { chunk: 3 });
    await settle();
    expect(bench.inputs).toEqual(["1", "2"]);
    for (const at of [0, 1]) bench.double(at);
    await settle();
    bench.double(2);
    await run.done;
    expect(bench.asked).toEqual([]);
  });

  test("cancelled, it ends what runs, begins nothing more, and says so of each item", async () => {
    const bench = new MapBench();
    const run = await bench.start(["1", "2", "3", "4", "5", "6", "7"]);
    await settle();
    run.cancel();
    expect(bench.cancelled).toEqual(["task_0", "task_1"]);
    bench.double(0);
    bench.open[1]?.fail("CANCELLED");
    await run.done;
    expect(bench.open).toHaveLength(2);
    expect(run.ends.map(({ error, value }) => error?.code ?? value)).toEqual([
      "2",
      "4",
      "6",
      "CANCELLED",
      "CANCELLED",
      "CANCELLED",
      "CANCELLED",
    ]);
  });
});

test("items are handed out in order, each once", () => {
  const items = new MapItems(10);
  const taken: number[] = [];
  for (
    let chunk = items.take(() => 4);
    chunk !== null;
    chunk = items.take(() => 4)
  )
    taken.push(...chunk);
  expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
