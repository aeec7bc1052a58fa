import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import type { SessionState } from "../../flow-balancer/core/session.ts";
import type { PoolObserver } from "../../flow-balancer/pool/pool-task.ts";
import {
  codeOf,
  messageOf,
  moduleKind,
  pools,
  scriptKind,
  type PoolUnderTest,
} from "../support/pool-under-test.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

/** What is saved of sessions, in memory; shared, it is several terminals on one home. */
class Saved {
  readonly states = new Map<string, SessionState>();
  asked = 0;

  of = (session: SessionId): SessionState | null => {
    this.asked++;
    return session.startsWith("connection")
      ? null
      : (this.states.get(session) ?? { version: 0, json: "{}" });
  };

  observer(session: string): PoolObserver & { refused: number } {
    const it = {
      refused: 0,
      stateChanged: (json: string, base: number): boolean => {
        const present = this.states.get(session)?.version ?? 0;
        if (present !== base) it.refused++;
        else this.states.set(session, { version: base + 1, json });
        return present === base;
      },
    };
    return it;
  }
}

const COUNT =
  "export default (by: number | null, ctx: any) => { const s = ctx.session.state; s.set('n', (s.get('n') ?? 0) + 1);" +
  "return s.get('n'); }";

/** Has read its state when it says so, and changes it once it may. */
const SLOW_COUNT =
  "import { existsSync } from 'node:fs'; export default async (_: null, ctx: any) => { const s = ctx.session.state; const n = s.get('n');" +
  "ctx.log('up'); while (!existsSync('go')) await Bun.sleep(5); s.set('n', n + 10); }";

async function count(it: PoolUnderTest, saved: Saved, session = "a") {
  const observer = saved.observer(session);
  const outcome = await it.script(COUNT, { session, observer }).done;
  const value = JSON.parse(outcome.result.valueJson ?? "null") as number;
  return {
    value,
    refused: observer.refused,
    worker: outcome.execution?.worker,
  };
}

const newTerminal = (saved: Saved, settings = {}): PoolUnderTest =>
  newPool({ maxWorkers: 2, ...settings }, { sessionState: saved.of });

describe("a session's state", () => {
  test("is what its last task left, on whichever worker or terminal the next one runs", async () => {
    const saved = new Saved();
    const [one, other] = [newTerminal(saved), newTerminal(saved)];
    const values: number[] = [];
    for (const terminal of [one, one, other, one, other])
      values.push((await count(terminal, saved)).value);
    expect(values).toEqual([1, 2, 3, 4, 5]);
    expect(saved.states.get("a")).toEqual({ version: 5, json: '{"n":5}' });
    // After a restart of all of it.
    one.pool.releaseSession("a" as SessionId);
    const { value, worker } = await count(one, saved);
    expect(value).toBe(6);
    expect((await count(one, saved)).worker).toBe(worker!);
  });

  test("is told only when a task changed it; also of one that failed; not of one that looked away", async () => {
    const saved = new Saved();
    const it = newTerminal(saved, { maxWorkers: 1 });
    const run = async (body: string) =>
      codeOf(
        await it.script(
          `export default (_: null, ctx: any) => { const s = () => ctx.session.state; ${body} }`,
          { session: "a", observer: saved.observer("a") },
        ).done,
      );
    const versions: [string, number][] = [];
    for (const body of [
      "s().set('n', 1);",
      "s().get('n');",
      "return 1;",
      "s().set('n', 2); throw new Error('no');",
      "s().set('n', 2);",
    ])
      versions.push([await run(body), saved.states.get("a")?.version ?? 0]);
    expect(versions).toEqual([
      ["completed", 1],
      ["completed", 1],
      ["completed", 1],
      ["TASK_THREW", 2],
      ["completed", 2],
    ]);
  });

  test("large as it may be, it comes and goes whole", async () => {
    const saved = new Saved();
    const it = newTerminal(saved);
    saved.states.set("a", {
      version: 3,
      json: JSON.stringify({ text: "ü".repeat(300_000) }),
    });
    const code =
      "export default (_: null, ctx: any) => { const s = ctx.session.state; const n = s.get('text').length; s.set('more', 'x'.repeat(200000)); return n; }";
    const { result } = await it.script(code, {
      session: "a",
      observer: saved.observer("a"),
    }).done;
    expect(result).toMatchObject({ status: "completed", valueJson: "300000" });
    expect(JSON.parse(saved.states.get("a")!.json)).toEqual({
      text: "ü".repeat(300_000),
      more: "x".repeat(200_000),
    });
  });

  test("of a task that was killed while it changed it is as before", async () => {
    const saved = new Saved();
    const it = newTerminal(saved);
    await count(it, saved);
    const code =
      "export default (_: null, ctx: any) => { ctx.session.state.set('n', 99); for (;;); }";
    const outcome = await it.script(code, {
      session: "a",
      observer: saved.observer("a"),
      timeoutMs: 50,
    }).done;
    expect(codeOf(outcome)).toBe("TASK_TIMEOUT");
    expect((await count(it, saved)).value).toBe(2);
  });

  test("that cannot be read fails the task with what is wrong, before it runs; its worker runs others", async () => {
    const saved = new Saved();
    const it = newPool(
      { maxWorkers: 1 },
      {
        sessionState: (session) => {
          if (session === "damaged")
            throw new BalancerError("PAYLOAD_DAMAGED", "both are damaged");
          return saved.of(session);
        },
      },
    );
    const outcome = await it.script("export default () => 1", {
      session: "damaged",
    }).done;
    expect([codeOf(outcome), messageOf(outcome), outcome.execution]).toEqual([
      "PAYLOAD_DAMAGED",
      "both are damaged",
      null,
    ]);
    expect((await count(it, saved)).value).toBe(1);
  });

  test("of a session that is not kept lives in its worker alone, and commands ask for none", async () => {
    const saved = new Saved();
    const it = newTerminal(saved);
    const values = [
      await count(it, saved, "connection_1"),
      await count(it, saved, "connection_1"),
    ];
    expect(values.map(({ value }) => value)).toEqual([1, 2]);
    expect(saved.states.size).toBe(0);
    const { asked } = saved;
    await it.shell(["true"], { session: "b" }).done;
    expect(saved.asked).toBe(asked);
  });
});

describe("a change that was made from an older state", () => {
  test("is refused where another worker was first; the next task there finds what is saved", async () => {
    const saved = new Saved();
    const [one, other] = [
      newTerminal(saved, { maxWorkers: 1 }),
      newTerminal(saved, { maxWorkers: 1 }),
    ];
    await count(one, saved);
    const observer = saved.observer("a");
    const begun = Promise.withResolvers<void>();
    const slow = one.script(SLOW_COUNT, {
      session: "a",
      observer: Object.assign(observer, { log: () => begun.resolve() }),
    });
    await begun.promise;
    expect((await count(other, saved)).value).toBe(2);
    writeFileSync(join(one.folder, "go"), "");
    expect(codeOf(await slow.done)).toBe("completed");
    expect(observer.refused).toBe(1);
    expect(saved.states.get("a")).toEqual({ version: 2, json: '{"n":2}' });
    expect(await count(one, saved)).toMatchObject({ value: 3, refused: 0 });
  });

  test("is refused with all that is built on it, once its pool is told", async () => {
    const saved = new Saved();
    const it = newTerminal(saved, { maxWorkers: 1 });
    await count(it, saved);
    // Taken at first, and found to be refused when it was saved.
    const bases: number[] = [];
    const observer: PoolObserver = {
      stateChanged: (_, base) => bases.push(base) > 0,
    };
    const task = () => it.script(COUNT, { session: "a", observer }).done;
    expect((await task()).result.valueJson).toBe("2");
    // Its worker is believed to be one ahead by then: what is saved has the same number.
    saved.states.set("a", { version: 2, json: '{"n":50}' });
    it.pool.forgetSession("a" as SessionId);
    expect((await task()).result.valueJson).toBe("51");
    expect(bases).toEqual([1, 2]);
  });

  test("of several tasks on one worker each is made from the one before", async () => {
    const saved = new Saved();
    const it = newTerminal(saved, { maxWorkers: 1 });
    const path = join(it.folder, "many.ts");
    writeFileSync(
      path,
      "import { defineTask } from 'flow-balancer/task'; const any = { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } };" +
        "export default defineTask({ kind: 'many', input: any, async run(ms, ctx) { const s = ctx.session.state; await Bun.sleep(ms); s.set('n', (s.get('n') ?? 0) + 1); return s.get('n'); } });",
    );
    const kind = moduleKind("many", path, { inFlight: 8 });
    const observer = saved.observer("a");
    const run = (ms: number) =>
      it.task(String(ms), kind, { session: "a", observer }).done;
    expect(codeOf(await run(0))).toBe("completed");
    const outcomes = await Promise.all([30, 20, 10, 0, 5, 15].map(run));
    expect(outcomes.map(codeOf)).toEqual(outcomes.map(() => "completed"));
    expect(saved.states.get("a")).toEqual({ version: 7, json: '{"n":7}' });
    expect(observer.refused).toBe(0);
  });
});

test("a forged state is of the session's own task, or of nobody", async () => {
  const saved = new Saved();
  const it = newTerminal(saved, { maxWorkers: 1 });
  const code =
    "export default () => { for (const job of [64, 65, 128]) process.send({ type: 'state', job, json: '{\"forged\":1}' }); return 1; }";
  await it.script(code, { observer: saved.observer("a") }).done;
  expect(saved.states.size).toBe(0);
  // Also the one that names the task itself.
  expect(it.pool.status().workers[0]?.strayMessages).toBe(3);
  const forged = (json: unknown) =>
    `export default () => { process.send(${JSON.stringify({ type: "state", job: 64, json })}); return 1; }`;
  for (const json of ["[1]", "{", 5])
    await it.script(forged(json), {
      session: "a",
      observer: saved.observer("a"),
      kind: scriptKind(),
    }).done;
  expect(saved.states.size).toBe(0);
});
