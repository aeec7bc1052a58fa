import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import {
  GATHER_MS,
  MAX_MESSAGE_CHARS,
  MAX_MESSAGES,
  SIGN_MS,
  ReportBuffer,
} from "../../flow-balancer/worker/report-buffer.ts";
import { FakeEnv } from "../support/fake-env.ts";

function reporting() {
  const env = new FakeEnv();
  const sent: FromWorker[] = [];
  const reports = new ReportBuffer(7, env, (message) => sent.push(message));
  const logs = (): string[] =>
    sent.flatMap((it) => (it.type === "log" ? [it.message] : []));
  const done = (): number[] =>
    sent.flatMap((it) => (it.type === "progress" ? [it.done] : []));
  return { env, reports, sent, logs, done };
}

describe("log messages", () => {
  test("go at once after a silence; those that follow wait until it is time, each for itself", () => {
    const { env, reports, logs } = reporting();
    for (const text of ["a", "b", "c"]) reports.log(text);
    expect(logs()).toEqual(["a"]);
    env.advance(GATHER_MS - 1);
    expect(logs()).toEqual(["a"]);
    env.advance(1);
    expect(logs()).toEqual(["a", "b", "c"]);
    reports.log("d");
    expect(logs()).toEqual(["a", "b", "c"]);
    env.advance(2 * GATHER_MS);
    reports.log("e");
    expect(logs()).toEqual(["a", "b", "c", "d", "e"]);
    expect(env.waiting).toBe(0);
  });

  test("of a loop that lets no timer run go by the clock", () => {
    const { env, reports, logs } = reporting();
    // Time that passes without its timers.
    let now = 0;
    env.mono = () => now as ReturnType<FakeEnv["mono"]>;
    for (const text of ["a", "b", "c"]) {
      reports.log(text);
      now += GATHER_MS - 1;
    }
    expect(logs()).toEqual(["a", "b", "c"]);
  });

  test("beyond so many are joined into one, and from its limit on counted", () => {
    const { env, reports, logs } = reporting();
    const line = "x".repeat(99);
    const joined = Math.floor((MAX_MESSAGE_CHARS + 1) / 100);
    const leftOut = 1_000 - 1 - MAX_MESSAGES - joined;
    const told = [
      ...Array<string>(1 + MAX_MESSAGES).fill(line),
      `${`${line}\n`.repeat(joined)}[... ${leftOut} messages left out ...]`,
    ];
    for (const all of [told, [...told, ...told]]) {
      for (let n = 0; n < 1_000; n++) reports.log(line);
      env.advance(2 * GATHER_MS);
      expect(logs()).toEqual(all);
    }
  });

  test("are joined up to the very limit; after one that does not fit none is", () => {
    for (const [chars, leftOut] of [
      [MAX_MESSAGE_CHARS, 2],
      [MAX_MESSAGE_CHARS - 1, 2],
      [MAX_MESSAGE_CHARS - 2, 2],
      [MAX_MESSAGE_CHARS - 3, 1],
    ] as const) {
      const { reports, logs } = reporting();
      for (let n = 0; n <= MAX_MESSAGES; n++) reports.log("");
      const filling = "x".repeat(chars);
      for (const text of [filling, leftOut === 1 ? "ab" : "abc", ""])
        reports.log(text);
      reports.flush();
      const fitting = leftOut === 1 ? `${filling}\nab` : filling;
      expect(logs().at(-1)).toBe(
        `${fitting}\n[... ${leftOut} messages left out ...]`,
      );
    }
  });

  test("that are long are cut", () => {
    const { reports, logs } = reporting();
    reports.log("x".repeat(2 * MAX_MESSAGE_CHARS));
    expect(logs()).toEqual(["x".repeat(MAX_MESSAGE_CHARS)]);
  });

  test("are all told or counted, in order and in few messages, whenever they come", () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 2 * GATHER_MS }),
      lines: fc.integer({ min: 0, max: 600 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { env, reports, logs } = reporting();
        let count = 0;
        let elapsedMs = 0;
        for (const { waitMs, lines } of steps) {
          env.advance(waitMs);
          elapsedMs += waitMs;
          for (let n = 0; n < lines; n++)
            reports.log(`${count++} ${"x".repeat((count % 7) * 40)}`);
        }
        reports.flush();
        expect(env.waiting).toBe(0);
        let next = 0;
        for (const line of logs().flatMap((it) => it.split("\n"))) {
          const leftOut = /^\[\.\.\. (\d+) /.exec(line)?.[1];
          if (leftOut === undefined)
            expect(Number(line.split(" ")[0])).toBe(next);
          next += Number(leftOut ?? 1);
        }
        expect(next).toBe(count);
        // Each window: one at once, those kept, and the joined one.
        const windows = Math.floor(elapsedMs / GATHER_MS) + 1;
        expect(logs().length).toBeLessThanOrEqual(windows * (MAX_MESSAGES + 2));
      }),
      { numRuns: 50 },
    );
  });
});

describe("progress", () => {
  test("goes at once after a silence; of what follows only the newest, when it is time", () => {
    const { env, reports, done, sent } = reporting();
    for (const n of [1, 2, 3]) reports.progress(n, 9, `step ${n}`);
    expect(done()).toEqual([1]);
    env.advance(GATHER_MS);
    expect(done()).toEqual([1, 3]);
    expect(sent.at(-1)).toEqual({
      type: "progress",
      job: 7,
      done: 3,
      total: 9,
      message: "step 3",
    });
    env.advance(GATHER_MS);
    reports.progress(4, null, null);
    expect(done()).toEqual([1, 3, 4]);
    env.advance(GATHER_MS);
    expect(done()).toEqual([1, 3, 4]);
  });

  test("of a loop that lets no timer run goes by the clock, and nothing twice", () => {
    const { env, reports, done } = reporting();
    let now = 0;
    env.mono = () => now as ReturnType<FakeEnv["mono"]>;
    for (const n of [1, 2, 3, 4]) {
      reports.progress(n, null, null);
      now += GATHER_MS - 1;
    }
    expect(done()).toEqual([1, 3]);
    reports.flush();
    expect(done()).toEqual([1, 3, 4]);
  });

  test("does not wait for log messages, nor they for it", () => {
    const { reports, logs, done } = reporting();
    reports.log("a");
    reports.progress(1, null, null);
    expect([logs(), done()]).toEqual([["a"], [1]]);
  });
});

test("a flush sends all that waits, once, and leaves no timer", () => {
  const { env, reports, logs, done } = reporting();
  for (const n of [1, 2]) {
    reports.log(String(n));
    reports.progress(n, null, null);
  }
  expect(env.waiting).toBe(2);
  reports.flush();
  reports.flush();
  expect(env.waiting).toBe(0);
  expect([logs(), done()]).toEqual([
    ["1", "2"],
    [1, 2],
  ]);
});

test("of many signs of life one in a while is sent", () => {
  const { env, reports, sent } = reporting();
  for (let n = 0; n < 1_000; n++) {
    reports.heartbeat();
    env.advance(1);
  }
  expect(sent).toEqual(
    Array.from({ length: 1_000 / SIGN_MS }, () => ({
      type: "heartbeat",
      job: 7,
    })),
  );
});
