/**
 * Writes a store and dies by SIGKILL: `<path> <log>`. A line of JSON (`Prefix`) a transaction says what
 * was acknowledged by then; the first is of what had reached flow.db itself. The log is `short`, or longer
 * by a dozen transactions (`fresh`); or it overwrites the beginning of an older, longer one (`restarted`); or
 * (`grown`) flow.db has nothing but its header, and the first two lines stand for the transactions that made
 * it a store.
 */

import { writeSync } from "node:fs";
import { wireError } from "../../../flow-balancer/core/errors.ts";
import type { TaskId } from "../../../flow-balancer/core/ids.ts";
import type { Lease } from "../../../flow-balancer/core/queue.ts";
import type { TaskState } from "../../../flow-balancer/core/task.ts";
import { SqliteQueue } from "../../../flow-balancer/queue/sqlite-queue.ts";
import { openStore } from "../../../flow-balancer/store/database.ts";
import type { Prefix } from "../../support/damaged-store.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { HELD, request, resultOf } from "../../support/queue-under-test.ts";

const [, , path = "", log = "fresh"] = process.argv;
/** More than fit into what is written later, so that an older log is left behind it. */
const FIRST = log === "restarted" ? 40 : 12;
const env = new FakeEnv();
const store = openStore(path, "full", env);
const queue = new SqliteQueue(store, env);

const states = new Map<TaskId, TaskState>();
const held: Lease[] = [];
let outcomes = 0;
let mark = 0;

function tell(): void {
  const prefix: Prefix = {
    mark,
    image: Bun.hash(store.raw.serialize()).toString(),
    tasks: Object.fromEntries(states),
    outcomes,
  };
  writeSync(1, `${JSON.stringify(prefix)}\n`);
}

/** JSON that is kept as text, or is long and compresses to about half. */
const payload = (n: number): string =>
  JSON.stringify(
    Array.from({ length: n % 3 === 0 ? 160 : 2 }, (_, at) =>
      Bun.hash(`${n} ${at}`).toString(),
    ),
  );

async function record(n: number): Promise<void> {
  const key = n % 4 === 0 ? `key ${n}` : null;
  const { task, lease } = (await queue.record(
    request({ inputJson: payload(n), priority: n % 5, idempotencyKey: key }),
    HELD,
  )) as { task: { id: TaskId }; lease: Lease };
  states.set(task.id, "queued");
  held.push(lease);
}

async function end(n: number): Promise<void> {
  const lease = held.shift()!;
  const status = (["completed", "failed", "timed_out"] as const)[n % 3]!;
  const { accepted } = await queue.settle(lease, {
    result:
      status === "completed"
        ? { status, valueJson: payload(n) }
        : resultOf(status, n),
    execution: null,
    startedAt: null,
    output:
      n % 2 === 0
        ? { text: payload(n + 3), bytesSeen: 40, truncated: false }
        : null,
  });
  if (!accepted) throw new Error("not accepted");
  states.set(lease.id, status);
  outcomes++;
}

async function start(): Promise<void> {
  const lease = held.at(-1)!;
  if (await queue.started(lease)) states.set(lease.id, "running");
}

/** Given back by its holder and cancelled by another, in one breath. */
async function cancel(): Promise<void> {
  const lease = held.pop()!;
  await Promise.all([
    queue.release(lease),
    queue.cancel(lease.id, wireError("CANCELLED", "not wanted")),
  ]);
  states.set(lease.id, "cancelled");
}

/** In the header of the file, where it is read at next to no cost. */
async function setMark(to: number): Promise<void> {
  await store.commit.write(() => store.raw.run(`PRAGMA user_version = ${to}`));
  mark = to;
}

/** What is asked for in one turn of the event loop is one transaction. */
async function transactions(
  from: number,
  to: number,
  after: () => void,
): Promise<void> {
  for (let n = from; n < to; n++) {
    const isEnding = held.length > 4;
    const asked =
      n % 6 === 5
        ? [cancel()]
        : n % 4 === 3
          ? [start()]
          : [record(n), isEnding ? end(n) : record(n + 100)];
    await Promise.all([...asked, setMark(n + 1)]);
    env.advance(10);
    after();
  }
}

if (log === "grown") {
  // Before the file had tables, and before it knew its clock.
  tell();
  tell();
} else {
  await transactions(0, FIRST, () => {});
  const how = log === "restarted" ? "RESTART" : "TRUNCATE";
  store.raw.run(`PRAGMA wal_checkpoint(${how})`);
}
tell();
await transactions(FIRST, FIRST + (log === "short" ? 6 : 18), tell);
process.kill(process.pid, "SIGKILL");
