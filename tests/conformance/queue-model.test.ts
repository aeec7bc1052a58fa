/** Whatever is asked in whatever order, the queue on SQLite answers as the plain one in memory does. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { emptyStore } from "../support/empty-store.ts";
import { MemoryQueue } from "../support/memory-queue.ts";
import { WaywardEnv } from "../support/wayward-env.ts";
import { queueCommands } from "./queue-model-commands.ts";
import { Side } from "./queue-model-sides.ts";
import { expectSameTasks, type Sides } from "./queue-model-step.ts";

const RUNS = 300;
/** At most; half of it on average. */
const COMMANDS = 80;

/** What the runs must have been about, each often. */
const THINGS: readonly RegExp[] = [
  /^record .*known/,
  /^record .*IDEMPOTENCY_CONFLICT/,
  /^record .*DEPENDENCY_FAILED/,
  /^record .*"attempt":n}$/,
  /^add .*DEPENDENCY_CYCLE/,
  /^add .*DEPENDENCY_FAILED/,
  /^claim \[\]/,
  /^claim \[{"task.*{"task/,
  /^claim .*"state":"running"/,
  /^started true/,
  /^settle {"accepted":true/,
  /^settle {"accepted":false/,
  /^settle .*"released":\[\d*n/,
  /^settle .*"ended":\[\d*n/,
  /^retry .*"again":true/,
  /^retry {"accepted":true.*"again":false/,
  /^release true/,
  /^extend .*held/,
  /^extend .*lost/,
  /^extend .*cancel/,
  /^cancel "asked/,
  /^cancel "cancelled/,
  /^cancel "ended/,
  /^redrive true/,
  /^advance .*"expired":n/,
  /^advance .*"due":n/,
  /^reclaim .*"requeued":n/,
  /^reclaim .*"unknown":n/,
  /^reclaim .*"abandoned":n/,
];

test("whatever is asked in whatever order, both engines answer the same and stand the same", async () => {
  // Opening a store takes longer than a run: one serves all, and time simply goes on in it.
  const env = new WaywardEnv();
  const store = openStore(":memory:", "normal", env);
  const queue = new SqliteQueue(store, env);
  const clock = new WaywardEnv();
  const seen: Sides["seen"] = new Map();
  await fc.assert(
    fc.asyncProperty(queueCommands(COMMANDS), async (commands) => {
      emptyStore(store);
      clock.advance(Math.max(0, env.boot() - clock.boot()));
      env.advance(Math.max(0, clock.boot() - env.boot()));
      const subject = new Side(queue, env);
      const model = new Side(new MemoryQueue(clock), clock);
      const real = { subject, model, seen, steps: 0 };
      await fc.asyncModelRun(() => ({ model: {}, real }), commands);
      await expectSameTasks(real);
    }),
    { numRuns: RUNS },
  );
  store.raw.close();
  for (const thing of THINGS) {
    const times = [...seen].reduce(
      (sum, [what, n]) => sum + (thing.test(what) ? n : 0),
      0,
    );
    expect({ thing, isSeen: times > 1 }).toEqual({ thing, isSeen: true });
  }
}, 30_000);
