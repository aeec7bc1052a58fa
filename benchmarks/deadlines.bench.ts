/**
 * What a learned limit costs: asking for one, learning from a run, and the room a key takes. Of a learner
 * that knows so many keys, each with a full history, some with timeouts in it.
 */

import {
  DeadlineLearner,
  type ObservedRun,
} from "../orchestrator/learning/deadline-learner.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { seededRandom } from "./seeded-random.ts";
import type { RunOptions, Suite } from "./suite.ts";

const SEED = 20_261_121;
const SIZES = {
  full: { keys: 1_000, runsPerKey: 600, batches: 3_000 },
  quick: { keys: 20, runsPerKey: 300, batches: 3 },
} as const;
/** Calls timed together: one alone is too short for the clock, and many are too long for one turn of the processor. */
const BATCH = 100;
const WARM_UP = 200;
/** Batches, before the first comes again. */
const TURNS = 50;
const KINDS = 20;
const TIMED_OUT = 0.02;
const OPTIONS = {
  missesPerThousand: 10,
  minMs: 5_000,
  maxMs: 3_600_000,
  defaultMs: 300_000,
};
const MAX_PREDICT_US = 2;
const MAX_UPDATE_US = 5;
const MAX_KEY_BYTES = 6_000;

export const deadlines: Suite = {
  name: "deadlines",
  measures: "learned limits: time to ask and to learn, room a key takes",
  run: (options) => Promise.resolve(measureDeadlines(options)),
};

function measureDeadlines({ quick, say }: RunOptions): Findings {
  const { keys, runsPerKey, batches } = SIZES[quick ? "quick" : "full"];
  const chance = seededRandom(SEED);
  say(`${keys} keys learn from ${runsPerKey} runs each`);
  const before = heapBytes();
  const learner = new DeadlineLearner(OPTIONS);
  for (let nth = 0; nth < keys * runsPerKey; nth++)
    learner.observe(anyRun(nth % keys, chance));
  const keyBytes = (heapBytes() - before) / keys;
  const runs = Array.from({ length: TURNS }, () =>
    Array.from({ length: BATCH }, () =>
      anyRun(Math.floor(chance() * keys), chance),
    ),
  );
  say("asking");
  const predict = timed("a limit asked for", batches, runs, (run) => {
    if (learner.limit(run.kind, run.bucket).softMs < OPTIONS.minMs)
      throw new Error("a limit below the floor");
  });
  say("learning");
  const learn = timed("a run learned from", batches, runs, (run) => {
    learner.observe(run);
  });
  const room = benchCase("room a key takes, memory", "B", [keyBytes]);
  const kept = benchCase("room a key takes, kept", "B", [
    JSON.stringify(learner.snapshot()).length / keys,
  ]);
  return {
    cases: [predict, learn, room, kept],
    targets: [
      target("a limit asked for, p50", predict.p50, MAX_PREDICT_US, "us"),
      target("a run learned from, p50", learn.p50, MAX_UPDATE_US, "us"),
      target("room a key takes", room.p50, MAX_KEY_BYTES, "B"),
    ],
    notes: [
      `${keys} keys of ${KINDS} kinds; a sample of a time is the mean of ${BATCH} calls; memory is the heap's growth by the keys, after collection`,
    ],
  };
}

const target = (
  name: string,
  measured: number,
  limit: number,
  unit: string,
) => ({ name, measured, limit, unit });

function anyRun(key: number, chance: () => number): ObservedRun {
  const isTimedOut = chance() < TIMED_OUT;
  return {
    kind: `kind ${key % KINDS}`,
    bucket: `bucket ${key}`,
    state: isTimedOut ? "timed_out" : "completed",
    runMs: (isTimedOut ? 4_000 : 1_000) * (1 + key / 100) * (1 + chance()),
    hasBeats: false,
  };
}

function timed(
  name: string,
  batches: number,
  runs: readonly (readonly ObservedRun[])[],
  call: (run: ObservedRun) => void,
): BenchCase {
  const sample: number[] = [];
  for (let batch = 0; batch < WARM_UP + batches; batch++) {
    const turn = runs[batch % runs.length] ?? [];
    const begin = Bun.nanoseconds();
    for (const run of turn) call(run);
    const us = (Bun.nanoseconds() - begin) / 1_000 / BATCH;
    if (batch >= WARM_UP) sample.push(us);
  }
  return benchCase(name, "us", sample);
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}
