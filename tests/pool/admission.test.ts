import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { codeOf, pools, shellKind } from "../support/pool-under-test.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

describe("admission", () => {
  test("beyond max_waiting refuses with the limit; what was admitted is not touched", async () => {
    const it = newPool({ maxWorkers: 1, maxWaiting: 2 });
    const { run, release } = await it.held("go");
    const admitted = [it.shell(["true"]), it.shell(["true"])];
    expect(() => it.shell(["true"])).toThrow(
      expect.objectContaining({
        code: "QUEUE_FULL",
        retryable: true,
        message: expect.stringMatching(
          /^2 tasks wait already, the limit is 2; the wait would be about \d+ ms$/,
        ),
        retryAfterMs: expect.any(Number),
      }),
    );
    release();
    expect(
      (await Promise.all([run, ...admitted].map(({ done }) => done))).map(
        codeOf,
      ),
    ).toEqual(["completed", "completed", "completed"]);
    expect(codeOf(await it.shell(["true"]).done)).toBe("completed");
  });

  test("higher priority first, then first come first served", async () => {
    const it = newPool({ maxWorkers: 1 });
    const { run, release } = await it.held("go");
    const order: string[] = [];
    const queued = (
      [
        ["low", -5],
        ["first", 0],
        ["second", 0],
        ["high", 5],
      ] as const
    ).map(([name, priority]) =>
      it.shell(["true"], {
        priority,
        observer: { started: () => order.push(name) },
      }),
    );
    release();
    const outcomes = await Promise.all(
      [run, ...queued].map(({ done }) => done),
    );
    expect(outcomes.map(codeOf)).toEqual(outcomes.map(() => "completed"));
    expect(order).toEqual(["high", "first", "second", "low"]);
  });

  test("a kind's concurrency is never exceeded, and does not hold up other kinds", async () => {
    const it = newPool({ maxWorkers: 4 });
    const narrow = shellKind({ name: "narrow", concurrency: 2 });
    const held = await Promise.all(
      ["a", "b"].map(() => it.held("go", { kind: narrow })),
    );
    // Each says how many of them there were while it ran.
    const count = `touch ${it.folder}/in.$$; sleep 0.03; ls ${it.folder} | grep -c '^in'; rm ${it.folder}/in.$$`;
    const more = Array.from({ length: 6 }, () =>
      it.shell(["sh", "-c", count], { kind: narrow }),
    );
    expect(codeOf(await it.shell(["true"]).done)).toBe("completed");
    expect(it.pool.status()).toMatchObject({ busy: 2, waiting: 6 });
    held[0]!.release();
    const counts = (await Promise.all(more.map(({ done }) => done))).map(
      ({ result }) => Number(JSON.parse(result.valueJson ?? "{}").stdout),
    );
    expect(counts).toHaveLength(6);
    for (const n of counts) expect([1, 2]).toContain(n);
    expect(counts).toContain(2);
  });

  test("a kind at its limit starts no workers for those who cannot run", async () => {
    const it = newPool({ maxWorkers: 4, spareWorkers: 1 });
    const narrow = shellKind({ name: "narrow", concurrency: 1 });
    const { run, release } = await it.held("go", { kind: narrow });
    const waiting = Array.from({ length: 10 }, () =>
      it.shell(["true"], { kind: narrow }),
    );
    await it.idle(1);
    expect(it.pool.status().workers).toHaveLength(2);
    release();
    await Promise.all([run, ...waiting].map(({ done }) => done));
  });
});
