import { expect, test } from "bun:test";
import type { Lease } from "../flow-balancer/core/queue.ts";
import { PLAIN_TERMS } from "../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../flow-balancer/core/task.ts";
import { LiveTask, notRun } from "../flow-balancer/live-task.ts";
import { wireError } from "../flow-balancer/core/errors.ts";
import { StartNotes } from "../flow-balancer/start-notes.ts";
import { FakeEnv } from "./support/fake-env.ts";

function noting() {
  const env = new FakeEnv();
  const written: string[] = [];
  const notes = new StartNotes(env, {
    started: async ({ id, fence }) => written.push(`${id}/${fence}`) > 0,
  });
  const begin = (live: LiveTask, fence: number): void => {
    live.holds({ id: live.record.id, attempt: 1, fence });
    live.started(env.now());
    notes.add(live);
  };
  const start = (id: string): LiveTask => {
    const record = { id, state: "queued", attempt: 1 } as TaskRecord;
    const live = new LiveTask(record, PLAIN_TERMS, 10);
    begin(live, 1);
    return live;
  };
  return { env, written, begin, start };
}

const end = (live: LiveTask, env: FakeEnv) =>
  live.ended(notRun(wireError("TASK_THREW", "no")), env.now());

test("each is written 20 ms after its own start, by one timer for all", () => {
  const { env, written, start } = noting();
  start("a");
  env.advance(7);
  start("b");
  start("c");
  expect(env.waiting).toBe(1);
  env.advance(12);
  expect(written).toEqual([]);
  env.advance(1);
  expect(written).toEqual(["a/1"]);
  expect(env.waiting).toBe(1);
  env.advance(6);
  expect(written).toEqual(["a/1"]);
  env.advance(1);
  expect(written).toEqual(["a/1", "b/1", "c/1"]);
  expect(env.waiting).toBe(0);
  env.advance(5);
  start("d");
  env.advance(20);
  expect(written).toEqual(["a/1", "b/1", "c/1", "d/1"]);
});

test("one that has ended by then is not written at all", () => {
  const { env, written, start } = noting();
  const short = start("short");
  start("long");
  env.advance(19);
  end(short, env);
  env.advance(1);
  expect(written).toEqual(["long/1"]);
});

test("one that was given back and begun anew is written 20 ms after that, under its new lease", () => {
  const { env, written, begin, start } = noting();
  const live = start("a");
  env.advance(15);
  live.givenBack();
  begin(live, 2);
  env.advance(5);
  expect(written).toEqual([]);
  env.advance(15);
  expect(written).toEqual(["a/2"]);
});

test("a record says that a task runs from its start until its end is published, and since when", () => {
  const { env, start } = noting();
  const since = env.now();
  const live = start("a");
  env.advance(5);
  expect(live.record).toMatchObject({ state: "running", startedAt: since });
  const ended = end(live, env);
  expect(ended).toMatchObject({ state: "failed", startedAt: since });
  expect(live.record.state).toBe("running");
  live.publish(ended);
  expect(live.record).toBe(ended);
});

test("a record that nobody looked at while the task ran says the same", () => {
  const { env, start } = noting();
  const since = env.now();
  const live = start("a");
  env.advance(5);
  expect(end(live, env).startedAt).toBe(since);
  live.givenBack();
  expect(live.record).toMatchObject({ state: "queued", startedAt: null });
  const lease: Lease = { id: live.record.id, attempt: 2, fence: 2 };
  live.holds(lease);
  expect(live.record).toMatchObject({ state: "queued", attempt: 2 });
  expect(live.runsUnder(lease)).toBeFalse();
});
