import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { kill, livingProcess } from "../support/processes.ts";
import {
  codeOf,
  messageOf,
  pools,
  shellKind,
} from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

describe("workers", () => {
  test("spares are kept ready and refilled when one dies", async () => {
    // No room for one more, were a start to be taken for a hang.
    const it = newPool({ maxWorkers: 2, spareWorkers: 2 });
    it.pool.warm();
    await it.idle(2);
    const [victim] = it.pool.status().workers;
    kill(victim!.pid);
    await until("its end", () =>
      it.pool.status().workers.every(({ pid }) => pid !== victim!.pid),
    );
    await it.idle(2);
    expect(
      it.events.filter(({ type }) => type === "worker.exited"),
    ).toMatchObject([{ worker: victim!.id, death: { signal: "SIGKILL" } }]);
  });

  test("there are never more than max_workers, also while some are on their way out", async () => {
    const it = newPool({ maxWorkers: 2, spareWorkers: 1 });
    const runs = Array.from({ length: 24 }, (_, n) =>
      it.shell(["true"], { session: `s${n % 5}` }),
    );
    let most = 0;
    const looking = setInterval(
      () => (most = Math.max(most, it.pool.status().workers.length)),
      1,
    );
    const outcomes = await Promise.all(runs.map(({ done }) => done));
    clearInterval(looking);
    expect(outcomes.map(codeOf)).toEqual(runs.map(() => "completed"));
    expect(most).toBeLessThanOrEqual(2);
  });

  test("one is let go after its last task, without losing the next", async () => {
    const it = newPool({ maxWorkers: 1, maxTasksPerWorker: 3 });
    const workers: (string | undefined)[] = [];
    for (let n = 0; n < 7; n++)
      workers.push((await it.shell(["true"]).done).execution?.worker);
    expect(
      [0, 3, 6].map((at) => new Set(workers.slice(at, at + 3)).size),
    ).toEqual([1, 1, 1]);
    expect(new Set(workers).size).toBe(3);
  });

  test("one that answers a task twice gets no other", async () => {
    const it = newPool({ maxWorkers: 1, spareWorkers: 0 });
    const code = `export default () => {
      process.send({ type: "result", job: 64, outcome: { status: "completed", valueJson: "1" }, runMs: 1 });
      return 2;
    };`;
    const first = await it.script(code).done;
    expect(first.result).toMatchObject({
      status: "completed",
      valueJson: "1",
    });
    await until("its end", () => it.pool.status().workers.length === 0);
    const next = await it.shell(["true"]).done;
    expect(codeOf(next)).toBe("completed");
    expect(next.execution?.worker).not.toBe(first.execution?.worker);
  });

  test("one that was sent SIGKILL gets no other, whatever it still says", async () => {
    const it = newPool({
      maxWorkers: 1,
      spareWorkers: 0,
      cancelGraceMs: 100,
    });
    // Its answer is there, unread, when the loop is free again and the kill is due.
    const first = it.script(
      "export default (_, ctx) => new Promise((done) => { ctx.log('up'); ctx.signal.addEventListener('abort', () => { ctx.log('stopping'); setTimeout(done, 50); }); })",
      {
        observer: {
          log: (said) => {
            if (said === "up") first.cancel();
            else Bun.sleepSync(400);
          },
        },
      },
    );
    const next = it.shell(["true"]);
    expect(codeOf(await first.done)).toBe("CANCELLED");
    expect(codeOf(await next.done)).toBe("completed");
  });

  test("those of a closed session are let go once they are done", async () => {
    const it = newPool({ maxWorkers: 2, spareWorkers: 0 });
    const busy = it.shell(["sleep", "0.2"], { session: "s" });
    await until("its start", () =>
      it.pool.status().workers.some(({ state }) => state === "busy"),
    );
    it.pool.releaseSession("s" as never);
    expect(codeOf(await busy.done)).toBe("completed");
    await until("its end", () => it.pool.status().workers.length === 0);
  });

  test("above a maximum that was lowered go, busy ones once they are done; raised again, they come", async () => {
    const it = newPool({ maxWorkers: 3, spareWorkers: 3 });
    it.pool.warm();
    await it.idle(3);
    const held = await Promise.all(
      ["a", "b", "c"].map((name) => it.held(name)),
    );
    it.pool.resize(1);
    expect(it.pool.status().busy).toBe(3);
    for (const { release } of held) release();
    await until("one worker", () => it.pool.status().workers.length === 1);
    const outcomes = await Promise.all(held.map(({ run }) => run.done));
    expect(outcomes.map(codeOf)).toEqual(outcomes.map(() => "completed"));
    expect(codeOf(await it.shell(["true"]).done)).toBe("completed");
    expect(it.pool.status().workers.length).toBeLessThanOrEqual(1);
    it.pool.resize(3);
    await it.idle(3);
    for (const wrong of [0, 4, -1, Number.NaN])
      expect(() => it.pool.resize(wrong)).toThrow(
        expect.objectContaining({ code: "OUT_OF_RANGE" }),
      );
  });

  test("idle ones beyond the spares are let go", async () => {
    const it = newPool({ maxWorkers: 4, spareWorkers: 1, idleMs: 60 });
    await Promise.all(
      Array.from({ length: 4 }, () => it.shell(["sleep", "0.05"]).done),
    );
    await until("one worker", () => it.pool.status().workers.length === 1);
  });

  test("that cannot get ready fail who waits, with the reason, after a bounded number of starts", async () => {
    const it = newPool(
      { maxWorkers: 2, spareWorkers: 1 },
      { workDir: "/no/such/place" },
    );
    const outcomes = await Promise.all([
      it.shell(["true"]).done,
      it.shell(["true"]).done,
    ]);
    expect(outcomes.map(codeOf)).toEqual(["SPAWN_FAILED", "SPAWN_FAILED"]);
    expect(messageOf(outcomes[0]!)).toContain("/no/such/place");
    expect(
      it.events.filter(({ type }) => type === "worker.started").length,
    ).toBeLessThanOrEqual(10);
  });

  test("one whose task died takes all it started with it", async () => {
    const it = newPool();
    const outcome = await it.script(
      "export default () => { Bun.spawn(['setsid', 'sleep', '300']).unref(); const deep = Bun.spawn(['sh', '-c', 'sleep 300 & wait']); deep.unref(); process.exit(5); }",
    ).done;
    expect(outcome.result).toMatchObject({
      status: "poisoned",
      error: {
        code: "POISONED",
        message: expect.stringMatching(/^3 workers died .* exited with code 5/),
      },
    });
    await until("no sleep left", () =>
      it.living().every(({ command }) => !command.includes("sleep")),
    );
  });
});

describe("close", () => {
  test("refuses the new, tells the waiting, ends the running, leaves nothing", async () => {
    const it = newPool({ maxWorkers: 2 });
    const { run } = await it.held("never");
    const up = Promise.withResolvers<void>();
    const stubborn = it.shell(
      [
        "sh",
        "-c",
        "trap '' TERM; setsid sleep 300 & echo up; while :; do sleep 1; done",
      ],
      { observer: { output: () => up.resolve() } },
    );
    const waiting = it.shell(["true"]);
    await up.promise;
    const pids = it.living().map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(4);
    const closed = it.pool.close(0);
    expect(() => it.shell(["true"])).toThrow(
      expect.objectContaining({ code: "SHUTTING_DOWN", retryable: true }),
    );
    expect(codeOf(await waiting.done)).toBe("SHUTTING_DOWN");
    await closed;
    expect((await Promise.all([run.done, stubborn.done])).map(codeOf)).toEqual([
      "SHUTTING_DOWN",
      "SHUTTING_DOWN",
    ]);
    expect(pids.filter((pid) => livingProcess(pid) !== null)).toEqual([]);
    expect(it.pool.status().workers).toEqual([]);
  });

  test("lets a task end by itself within the grace", async () => {
    const it = newPool({ maxWorkers: 1 });
    const { run, release } = await it.held("go");
    const closed = it.pool.close(20_000);
    release();
    expect(codeOf(await run.done)).toBe("completed");
    await closed;
  });

  test("while workers are being started, and of a pool that never started any", async () => {
    const starting = newPool({ spareWorkers: 3 });
    starting.pool.warm();
    await until(
      "one on its way",
      () => starting.pool.status().workers.length > 0,
    );
    await starting.pool.close(0);
    await until("nothing left", () => starting.living().length === 0);
    await newPool().pool.close(0);
  });

  test("what ran a kind with effects 'once' has an unknown outcome", async () => {
    const it = newPool({ maxWorkers: 1 });
    const { run } = await it.held("never", {
      kind: shellKind({ effects: "once" }),
    });
    await it.pool.close(0);
    expect((await run.done).result.status).toBe("unknown_outcome");
  });
});
