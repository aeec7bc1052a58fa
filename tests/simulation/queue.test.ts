/**
 * Whatever crashes, stops or has a wrong clock: no acknowledged task is lost, each result is accepted
 * once, and in the end every task has ended. `SEED=n bun test tests/simulation/queue.test.ts` plays one
 * seed again and prints what happened.
 */

import { describe, expect, test } from "bun:test";
import {
  careless,
  fenceless,
  forgetful,
  sleepy,
  unguarded,
} from "./queue-spoilt.ts";
import { QueueSimulation, type Spoil } from "./queue-simulation.ts";

const ONE = process.env["SEED"];
const FIRST = Number(ONE ?? 1);
const COUNT = ONE === undefined ? Number(process.env["SEEDS"] ?? 20_000) : 1;

/** What happened, line by line, and what was wrong at the end. */
async function play(seed: number): Promise<string> {
  const trace: string[] = [];
  const end = await new QueueSimulation()
    .run(seed, trace)
    .then(() => "nothing wrong", String);
  return [`SEED=${seed}`, ...trace, end].join("\n");
}

/** Of the first seed that shows something wrong. */
async function firstFailure(
  spoil: Spoil,
  seeds: number,
): Promise<string | null> {
  const simulation = new QueueSimulation(spoil);
  for (let seed = 1; seed <= seeds; seed += 1)
    try {
      await simulation.run(seed);
    } catch (thrown) {
      return String(thrown);
    }
  return null;
}

test(`what is promised holds, whatever happens (${COUNT} from seed ${FIRST})`, async () => {
  const simulation = new QueueSimulation();
  for (let seed = FIRST; seed < FIRST + COUNT; seed += 1)
    try {
      await simulation.run(seed);
    } catch (thrown) {
      console.error(await play(seed));
      throw new Error(`SEED=${seed}: ${String(thrown)}`, { cause: thrown });
    }
  const { faults, checks, steps } = simulation;
  simulation.close();
  if (ONE !== undefined) console.error(await play(FIRST));
  if (COUNT < 1_000) return;
  // It was about something.
  expect(steps / COUNT).toBeGreaterThan(30);
  expect(Math.min(faults.crashes, faults.pauses, faults.jumps)).toBeGreaterThan(
    COUNT / 4,
  );
  expect(checks.tally.staleRejected).toBeGreaterThan(COUNT / 12);
  expect(checks.tally.accepted).toBeGreaterThan(COUNT);
  expect(checks.tally.retried).toBeGreaterThan(COUNT / 4);
}, 300_000);

test("the same seed gives the same run, another one another", async () => {
  const hashOf = async (simulation: QueueSimulation, seed: number) => {
    const trace: string[] = [];
    await simulation.run(seed, trace);
    expect(trace.length).toBeGreaterThan(10);
    return Bun.hash(trace.join("\n"));
  };
  const simulation = new QueueSimulation();
  const other = new QueueSimulation();
  const hashes = new Set<bigint | number>();
  for (let seed = 1; seed <= 50; seed += 1) {
    const hash = await hashOf(simulation, seed);
    expect(await hashOf(simulation, seed)).toBe(hash);
    expect(await hashOf(other, seed)).toBe(hash);
    hashes.add(hash);
  }
  expect(hashes.size).toBe(50);
});

describe("an engine is found out that", () => {
  const faults: readonly (readonly [string, Spoil, RegExp])[] = [
    ["does not look at fences", fenceless, /from a holder that had lost it/],
    ["takes every result", unguarded, /two results were accepted/],
    ["runs again what must not", careless, /ran 2 times/],
    ["loses what it recorded", forgetful, /acknowledged tasks are not there/],
    ["never sweeps", sleepy, /never end/],
  ];
  for (const [what, spoil, complaint] of faults)
    test(what, async () => {
      expect(await firstFailure(spoil, 300)).toMatch(complaint);
    });
});
