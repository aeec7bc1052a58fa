import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  codeOf,
  messageOf,
  pools,
  scriptKind,
} from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

describe("deadlines", () => {
  const cases = {
    spins: "export default () => { for (;;); }",
    "is stopped":
      "export default () => { process.kill(process.pid, 'SIGSTOP'); return new Promise(() => {}); }",
    "is deaf to SIGTERM":
      "process.on('SIGTERM', () => {}); export default () => { for (;;); }",
    "blocks in a system call":
      "import { readFileSync } from 'node:fs'; import { spawnSync } from 'node:child_process'; export default () => { spawnSync('mkfifo', [process.env.HOME + '/fifo']); return readFileSync(process.env.HOME + '/fifo', 'utf8'); }",
    "never answers": "export default () => new Promise(() => {})",
    "runs on after the abort":
      "export default async () => { await Bun.sleep(20_000); return 'too late'; }",
  };
  test.each(Object.entries(cases))(
    "hold against a task that %s",
    async (_, code) => {
      const it = newPool({ maxWorkers: 2 });
      const outcome = await it.script(code, { timeoutMs: 80 }).done;
      expect(outcome.result.status).toBe("timed_out");
      expect(messageOf(outcome)).toMatch(
        /its worker was killed by SIG(TERM|KILL)$/,
      );
      expect(outcome.execution?.runMs).toBeGreaterThanOrEqual(80);
      expect(codeOf(await it.script("export default () => 1").done)).toBe(
        "completed",
      );
    },
  );

  test("do not count waiting or loading", async () => {
    const it = newPool({ maxWorkers: 1, spareWorkers: 0 });
    const { run, release } = await it.held("go");
    const queued = it.shell(["true"], { timeoutMs: 100 });
    await Bun.sleep(150);
    release();
    expect(codeOf(await run.done)).toBe("completed");
    const outcome = await queued.done;
    expect(codeOf(outcome)).toBe("completed");
    expect(outcome.execution?.waitMs).toBeGreaterThan(100);
  });

  test("a command that is deaf to SIGTERM is killed, and its worker stays", async () => {
    const it = newPool({ maxWorkers: 1 });
    const outcome = await it.shell(
      ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"],
      { timeoutMs: 80 },
    ).done;
    expect(outcome.result.status).toBe("timed_out");
    const next = await it.shell(["true"]).done;
    expect(next.execution?.worker).toBe(outcome.execution!.worker);
  });
});

describe("cancel", () => {
  test("of a waiting task drops it, of a running one ends it, of an ended one does nothing", async () => {
    const it = newPool({ maxWorkers: 1 });
    const { run } = await it.held("never");
    const waiting = it.shell(["true"]);
    waiting.cancel();
    expect(await waiting.done).toMatchObject({
      result: {
        status: "cancelled",
        error: { message: "the task was cancelled; it had not started" },
      },
      execution: null,
    });
    run.cancel();
    run.cancel();
    const outcome = await run.done;
    expect(outcome.result.status).toBe("cancelled");
    run.cancel();
    expect(codeOf(await it.shell(["true"]).done)).toBe("completed");
    expect(it.pool.status().waiting).toBe(0);
  });

  test("of a kind that is being loaded ends that too", async () => {
    const it = newPool({ maxWorkers: 1 });
    await Bun.write(
      `${it.folder}/hang.ts`,
      "await new Promise(() => {}); export default 1;",
    );
    const kind = scriptKind({
      name: "hang",
      source: { type: "module", path: `${it.folder}/hang.ts` },
    });
    const run = it.task("{}", kind);
    await until("it to be placed", () => it.pool.status().busy === 1);
    run.cancel();
    expect((await run.done).result.status).toBe("cancelled");
  });

  test("that comes before the worker is up leaves the worker for others", async () => {
    const it = newPool({ maxWorkers: 1 });
    const run = it.shell(["true"]);
    run.cancel();
    expect((await run.done).result.status).toBe("cancelled");
    expect(codeOf(await it.shell(["true"]).done)).toBe("completed");
  });
});
