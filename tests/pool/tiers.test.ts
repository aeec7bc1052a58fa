import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  codeOf,
  moduleKind,
  pools,
  scriptKind,
} from "../support/pool-under-test.ts";
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

  test("scripts of a list leave as little to other sessions as one by itself", async () => {
    const it = newPool({ maxWorkers: 1 });
    const code =
      "export default () => { globalThis.kept = (globalThis.kept ?? 0) + 1; return globalThis.kept }";
    const source = { type: "script" } as const;
    const list = scriptKind({
      name: "script[]",
      source: { type: "each", kind: "script", of: source },
    });
    const kept = async (session: string) => {
      const inputs = JSON.stringify([{ code }]);
      const { result } = await it.task(inputs, list, { session }).done;
      return JSON.parse(result.valueJson ?? "null").results[0].value as string;
    };
    expect([await kept("a"), await kept("a"), await kept("b")]).toEqual([
      "1",
      "2",
      "1",
    ]);
  });

  test("what looked at no session's memory serves other sessions as it is", async () => {
    const it = newPool({ maxWorkers: 1, spareWorkers: 0 });
    const ran = async (session: string | null) =>
      (await it.shell(["true"], { session }).done).execution;
    const tiers = [
      await ran("a"),
      await ran("b"),
      await ran("b"),
      await ran(null),
      await ran("b"),
    ];
    expect(tiers.map((it) => it?.tier)).toEqual([
      "cold",
      "warm",
      "hot",
      "warm",
      "warm",
    ]);
    expect(new Set(tiers.map((it) => it?.worker)).size).toBe(1);
  });

  test("a module binds its worker once it looks at its session's memory, and only then", async () => {
    const it = newPool({ maxWorkers: 1, spareWorkers: 0 });
    const path = `${it.folder}/counting.ts`;
    await Bun.write(
      path,
      `export default { kind: "counting", input: { "~standard": { validate: (value) => ({ value }) } }, run(input, ctx) {
        if (input === "look") ctx.session.state.set("n", (ctx.session.state.get("n") ?? 0) + 1);
        return [process.pid, input === "look" ? ctx.session.state.get("n") : null];
      } };`,
    );
    const kind = moduleKind("counting", path);
    const ran = async (session: string, input: string) => {
      const { result } = await it.task(JSON.stringify(input), kind, { session })
        .done;
      return JSON.parse(result.valueJson ?? "null") as [number, number | null];
    };
    const [a, b] = [await ran("a", "pass"), await ran("b", "pass")];
    expect(b[0]).toBe(a[0]);
    expect(await ran("b", "look")).toEqual([a[0], 1]);
    expect(await ran("b", "look")).toEqual([a[0], 2]);
    const other = await ran("a", "look");
    expect(other[1]).toBe(1);
    expect(other[0]).not.toBe(a[0]);
  });

  test("a task never waits for ever for a worker of its session that waits for it", async () => {
    const it = newPool({ maxWorkers: 2, spareWorkers: 1 });
    const waits = `import { existsSync } from "node:fs"; export default async () => { while (!existsSync("${it.folder}/go")) await Bun.sleep(5); }`;
    // Quick ones before it: the wait for the session's worker looks short.
    for (let n = 0; n < 5; n++)
      await it.script("export default () => 1", { session: "s" }).done;
    const first = it.script(waits, { session: "s" });
    const second = it.script(
      `export default () => Bun.write("${it.folder}/go", "")`,
      { session: "s" },
    );
    const outcomes = await Promise.all([first.done, second.done]);
    expect(outcomes.map(codeOf)).toEqual(["completed", "completed"]);
  });

  test("one task that needs room costs one session its worker, not all of them", async () => {
    const it = newPool({ maxWorkers: 3, spareWorkers: 0 });
    const held = ["a", "b", "c"].map((name) =>
      it.script(
        `import { existsSync } from "node:fs"; export default async () => { while (!existsSync("${it.folder}/go")) await Bun.sleep(5); }`,
        { session: name },
      ),
    );
    await until("all of them to run", () => it.pool.status().busy === 3);
    await Bun.write(`${it.folder}/go`, "");
    for (const { done } of held) await done;
    // The one used last.
    await it.script("export default () => 1", { session: "c" }).done;
    const wanting = it.shell(["true"]);
    // Places are looked for again while the one that makes room is on its way out.
    const hot = it.script("export default () => 1", { session: "c" });
    const outcomes = await Promise.all([wanting.done, hot.done]);
    expect(outcomes.map(codeOf)).toEqual(["completed", "completed"]);
    expect(outcomes[1]?.execution?.tier).toBe("hot");
    const sessions = it.pool
      .status()
      .workers.map(({ session }) => session as string | null);
    // One of the two that nobody asks for any more.
    const kept = sessions.filter((session) => session !== null).sort();
    expect(kept).toHaveLength(2);
    expect(kept).toContain("c");
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
