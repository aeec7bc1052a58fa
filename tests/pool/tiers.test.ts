import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { codeOf, pools } from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

describe("tiers and sessions", () => {
  test("cold, then warm; in a session hot from the second task on", async () => {
    const it = newPool({ maxWorkers: 1 });
    const tier = async (session: string | null) =>
      (await it.shell(["true"], { session }).done).execution?.tier;
    expect([
      await tier(null),
      await tier(null),
      await tier("s"),
      await tier("s"),
    ]).toEqual(["cold", "warm", "warm", "hot"]);
  });

  test("a worker that served a session is replaced before it serves another", async () => {
    const it = newPool({ maxWorkers: 1 });
    const PID =
      "export default (_: null, ctx: any) => [process.pid, ctx.session?.state.size ?? null, void ctx.session?.state.set('k', 1)]";
    const value = async (session: string | null) => {
      const { result } = await it.script(PID, { session }).done;
      return JSON.parse(result.valueJson ?? "null") as [number, number | null];
    };
    const [a1, a2, b1, none] = [
      await value("a"),
      await value("a"),
      await value("b"),
      await value(null),
    ];
    expect(a2).toEqual([a1[0], 1, null] as never);
    expect(b1[1]).toBe(0);
    expect(none[1]).toBeNull();
    expect(new Set([a1[0], b1[0], none[0]]).size).toBe(3);
  });

  test("one task that needs room costs one session its worker, not all of them", async () => {
    const it = newPool({ maxWorkers: 3, spareWorkers: 0 });
    const held = await Promise.all(
      ["a", "b", "c"].map((name) => it.held(name, { session: name })),
    );
    for (const { run, release } of held) {
      release();
      await run.done;
    }
    const wanting = it.shell(["true"]);
    // Places are looked for again while the one that makes room is on its way out.
    const hot = it.shell(["true"], { session: "c" });
    const outcomes = await Promise.all([wanting.done, hot.done]);
    expect(outcomes.map(codeOf)).toEqual(["completed", "completed"]);
    expect(outcomes[1]?.execution?.tier).toBe("hot");
    const sessions = it.pool
      .status()
      .workers.map(({ session }) => session as string | null);
    expect(sessions.filter((session) => session !== null).sort()).toEqual([
      "b",
      "c",
    ]);
  });

  test("a released session's idle worker goes; one that is busy finishes first", async () => {
    const it = newPool({ maxWorkers: 2, spareWorkers: 0 });
    const { execution } = await it.shell(["true"], { session: "s" }).done;
    it.pool.releaseSession("s" as never);
    await until("the worker to be gone", () =>
      it.pool.status().workers.every(({ id }) => id !== execution?.worker),
    );
    const { run, release } = await it.held("go", { session: "t" });
    it.pool.releaseSession("t" as never);
    release();
    expect(codeOf(await run.done)).toBe("completed");
  });
});
