import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FaultyPool } from "../../benchmarks/fault-trial.ts";
import { SteadyStream } from "../../benchmarks/steady-stream.ts";
import { builtInKind, WatchedPool } from "../../benchmarks/watched-pool.ts";
import {
  DEATHS,
  HANGS,
  type WayToFail,
} from "../../benchmarks/ways-to-fail.ts";
import type { Effects } from "../../flow-balancer/core/task.ts";
import type { PoolKind } from "../../flow-balancer/pool/pool-task.ts";
import { codeOf } from "../support/pool-under-test.ts";

setDefaultTimeout(30_000);

/** Long enough for any worker here to start, and to load a module of two lines. */
const START_MS = 1_000;

async function oneTrialEach(way: WayToFail, effects: readonly Effects[]) {
  const faulty = new FaultyPool(START_MS);
  await using own = faulty.own;
  await faulty.open();
  const stream = new SteadyStream((kind, input) => own.submit(kind, input));
  const trials = [];
  for (const it of effects) trials.push(await faulty.trial(way, it, it));
  await faulty.replaced();
  const { harmed, sent } = await stream.stop();
  expect(harmed).toEqual([]);
  expect(sent).toBeGreaterThan(0);
  const runs = faulty.runs();
  expect(
    trials.map(({ outcome, survivors, name }) => ({
      outcome,
      survivors,
      runs: runs.get(name),
    })),
  ).toEqual(
    effects.map((it) => {
      const { outcome, runs: expected } = way.expected(it);
      return { outcome, survivors: 0, runs: expected };
    }),
  );
  expect(faulty.startedAfterEnd).toBe(0);
  const deaths = effects.reduce((sum, it) => sum + way.expected(it).deaths, 0);
  expect(faulty.deaths).toHaveLength(deaths);
  for (const { by, replacedMs } of faulty.deaths) {
    if (way.endsWith !== null) expect(by).toBe(way.endsWith);
    expect(replacedMs).toBeLessThan(Number.POSITIVE_INFINITY);
  }
}

describe("a worker dies, other tasks do not notice", () => {
  test.each(DEATHS.map((it) => [it.name, it] as const))(
    "%s",
    async (_, way) => {
      await oneTrialEach(way, ["once", "idempotent"]);
    },
  );
});

describe("a task hangs, other tasks do not notice", () => {
  const elsewhere = new Set(["spins", "is stopped", "is deaf to SIGTERM"]);
  const here = HANGS.filter(({ name }) => !elsewhere.has(name));
  test.each(here.map((it) => [it.name, it] as const))("%s", async (_, way) => {
    await oneTrialEach(way, ["once"]);
  });
});

/** Notes each run: who, which attempt, and how many ran then. */
const CREW = `
  import { appendFileSync } from "node:fs";
  let running = 0;
  export default {
    kind: "crew",
    input: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
    async run({ name, does }, ctx) {
      running++;
      appendFileSync(process.env.HOME + "/runs", name + " " + ctx.attempt + " " + running + "\\n");
      if (does === "die") process.kill(process.pid, "SIGKILL");
      if (does === "wait") await Bun.sleep(40);
      running--;
      return name;
    },
  };`;

describe.each([
  ["with shared memory", true],
  ["without shared memory", false],
])("several tasks on one worker that dies, %s", (_, sharedMemory) => {
  function crewOf(own: WatchedPool, effects: Effects): PoolKind {
    const path = join(own.folder, "crew.ts");
    writeFileSync(path, CREW);
    return builtInKind("script", {
      name: "crew",
      effects,
      inFlight: 8,
      source: { type: "module", path },
    });
  }

  const noted = (own: WatchedPool) =>
    readFileSync(join(own.folder, "runs"), "utf8")
      .trim()
      .split("\n")
      .map((line) => {
        const [name, attempt, beside] = line.split(" ");
        return { name, attempt: Number(attempt), beside: Number(beside) };
      });

  test("the innocent are run again, alone, and complete; the culprit is poisoned", async () => {
    const deaths: unknown[] = [];
    await using own = new WatchedPool({
      maxWorkers: 2,
      spareWorkers: 1,
      sharedMemory,
      onEvent: (event) => {
        if (event.type === "worker.exited") deaths.push(event.death.signal);
      },
    });
    await own.idle(1);
    const crew = crewOf(own, "idempotent");
    await own.submit(crew, { name: "first", does: "nothing" }).done;
    const innocent = ["a", "b", "c", "d", "e"];
    const runs = innocent.map((name) =>
      own.submit(crew, { name, does: "wait" }),
    );
    const culprit = own.submit(crew, { name: "culprit", does: "die" });
    const outcomes = await Promise.all(runs.map(({ done }) => done));
    expect(codeOf(await culprit.done)).toBe("POISONED");
    expect(outcomes.map(({ result }) => result)).toEqual(
      innocent.map((name) => ({
        status: "completed",
        valueJson: JSON.stringify(name),
      })),
    );
    expect(outcomes.map(({ execution }) => execution?.deaths)).toEqual([
      1, 1, 1, 1, 1,
    ]);
    expect(deaths).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"]);
    const again = noted(own).filter(({ attempt }) => attempt > 1);
    expect(again.map(({ name }) => name).toSorted()).toEqual(
      [...innocent, "culprit", "culprit"].toSorted(),
    );
    expect(again.map(({ beside }) => beside)).toEqual(again.map(() => 1));
  });

  test("with effects 'once' only what certainly never began is run again", async () => {
    await using own = new WatchedPool({
      maxWorkers: 1,
      spareWorkers: 1,
      sharedMemory,
    });
    await own.idle(1);
    const crew = crewOf(own, "once");
    await own.submit(crew, { name: "first", does: "nothing" }).done;
    // One frame: the worker comes to the last one only after it is dead.
    const begun = own.submit(crew, { name: "begun", does: "wait" });
    const culprit = own.submit(crew, { name: "culprit", does: "die" });
    const late = own.submit(crew, { name: "late", does: "nothing" });
    expect(codeOf(await begun.done)).toBe("UNKNOWN_OUTCOME");
    expect(codeOf(await culprit.done)).toBe("UNKNOWN_OUTCOME");
    expect(codeOf(await late.done)).toBe(
      sharedMemory ? "completed" : "UNKNOWN_OUTCOME",
    );
    const expected = [
      "first",
      "begun",
      "culprit",
      ...(sharedMemory ? ["late"] : []),
    ];
    expect(noted(own).map(({ name }) => name)).toEqual(expected);
  });
});
