import { describe, expect, test } from "bun:test";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { MapEnds } from "../../flow-balancer/mcp/map-ends.ts";
import { MapBench, settle } from "./map-bench.ts";

describe("a map", () => {
  test("waits where the queue has no room, and runs every item then", async () => {
    const bench = new MapBench();
    bench.isFull = true;
    const run = await bench.start(["1", "2", "3", "4"]);
    await settle();
    expect(bench.open).toEqual([]);
    expect(run.ended).toBe(0);
    bench.isFull = false;
    bench.env.advance(1_000);
    await settle();
    expect(bench.inputs.toSorted()).toEqual(["4", "[1,2,3]"]);
    // A pool that is full says so of a task that was taken in.
    bench.open[0]?.fail("QUEUE_FULL");
    await settle();
    bench.env.advance(1_000);
    await settle();
    bench.double(1);
    bench.double(2);
    await run.done;
    expect(run.ends.map(({ value }) => value)).toEqual(["2", "4", "6", "8"]);
  });

  test("cancelled while there is no room, it ends", async () => {
    const bench = new MapBench();
    bench.isFull = true;
    const run = await bench.start(["1", "2", "3", "4"]);
    await settle();
    run.cancel();
    bench.env.advance(1_000);
    await run.done;
    expect(run.ends.map(({ error }) => error?.code)).toEqual(
      Array.from({ length: 4 }, () => "CANCELLED"),
    );
    expect(bench.open).toEqual([]);
  });

  test("that loses several chunks in one moment has no more in hand than there are workers", async () => {
    const bench = new MapBench();
    bench.size = 2;
    bench.workers = 3;
    const run = await bench.start(["1", "2", "3", "4", "5", "6"]);
    await settle();
    for (const at of [0, 1, 2]) bench.open[at]?.fail("WORKER_EXITED");
    for (let at = 3; at < 9; at++) {
      await settle();
      expect(bench.open).toHaveLength(Math.min(9, at + 3));
      bench.double(at);
    }
    await run.done;
    expect(run.ends.map(({ error, value }) => error?.code ?? value)).toEqual([
      "2",
      "4",
      "6",
      "8",
      "10",
      "12",
    ]);
  });

  test("an item its chunk says nothing of has failed", async () => {
    const bench = new MapBench();
    const run = await bench.start(["1", "2", "3"]);
    await settle();
    bench.open[0]?.end({ workMs: 1, results: [{ value: "2" }] });
    await run.done;
    expect(run.ends.map(({ error, value }) => error?.code ?? value)).toEqual([
      "2",
      "INTERNAL",
      "INTERNAL",
    ]);
  });
});

describe("what came of the items", () => {
  test("is kept up to a limit for all values together; what comes then is let go and said", () => {
    const ends = new MapEnds(4, 10);
    ends.add(2, null, "12345678");
    ends.add(0, null, "123");
    ends.add(1, null, "12");
    ends.add(3, wireError("TASK_THREW", "unlucky"), "1");
    expect(ends.count).toBe(4);
    expect(ends.all.map(({ error, value }) => error?.code ?? value)).toEqual([
      "PAYLOAD_TOO_LARGE",
      "12",
      "12345678",
      "TASK_THREW",
    ]);
    expect(ends.all[0]?.error?.message).toContain("has 3 characters");
    expect(ends.all[0]?.error?.hint).toContain("file");
    expect(ends.all[3]?.value).toBeNull();
  });
});
