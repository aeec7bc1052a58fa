import { describe, expect, test } from "bun:test";
import type { ListValue } from "../../flow-balancer/core/chunking.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { TaskContext } from "../../flow-balancer/worker/define-task.ts";
import { eachOf } from "../../flow-balancer/worker/kinds/each.ts";
import type {
  JobContext,
  KindOutcome,
  LoadedKind,
} from "../../flow-balancer/worker/kinds/loaded-kind.ts";

class Job {
  readonly progress: [number, number | undefined][] = [];
  beats = 0;
  readonly stop = new AbortController();

  get context(): JobContext {
    const { stop } = this;
    return {
      task: {
        taskId: "task_1",
        traceparent: null,
        attempt: 1,
        get signal() {
          return stop.signal;
        },
        session: null,
        log() {},
        progress: (done: number, total?: number) =>
          this.progress.push([done, total]),
        heartbeat: () => this.beats++,
      } as TaskContext,
      settings: { maxResultBytes: 100 } as JobContext["settings"],
      print() {},
    };
  }
}

const kindOf = (
  run: (input: unknown, job: JobContext) => KindOutcome | Promise<KindOutcome>,
): LoadedKind => ({
  description: { description: null, inputSchema: null },
  run,
});

async function each(
  kind: LoadedKind,
  input: unknown,
  job = new Job(),
): Promise<ListValue> {
  const outcome = await eachOf(kind).run(input, job.context);
  if (!outcome.ok) throw new Error("a list fails by throwing");
  return outcome.value as ListValue;
}

const ok = (value: unknown): KindOutcome => ({ ok: true, value });

describe("a kind over a list", () => {
  test("runs the items one after the other, in order, whether they answer at once or later", async () => {
    let running = 0;
    const kind = kindOf((input) => {
      expect(++running).toBe(1);
      if (input === 2)
        return Promise.resolve().then(() => {
          running--;
          return ok("later");
        });
      running--;
      return ok(input);
    });
    const { results } = await each(kind, [1, 2, 3]);
    expect(results).toEqual([
      { value: "1" },
      { value: '"later"' },
      { value: "3" },
    ]);
  });

  test("the items' own time is theirs, all of it and no more", async () => {
    let ownMs = 0;
    const kind = kindOf(async () => {
      const from = performance.now();
      await new Promise((goOn) => setImmediate(goOn));
      ownMs += performance.now() - from;
      return ok(1);
    });
    const from = performance.now();
    const { workMs } = await each(kind, [1, 2, 3]);
    expect(ownMs).toBeGreaterThan(0);
    expect(workMs).toBeWithin(ownMs, performance.now() - from);
  });

  test("an item that throws, rejects, fails, or returns what cannot be kept, fails alone", async () => {
    const kind = kindOf((input) => {
      if (input === "throws") throw new TypeError("no");
      if (input === "rejects")
        return Promise.reject(new BalancerError("EXEC_FAILED", "not started"));
      if (input === "fails")
        return {
          ok: false,
          error: { code: "NON_ZERO_EXIT", message: "1", retryable: false },
          value: { stdout: "" },
        };
      if (input === "function") return ok(() => 1);
      if (input === "long") return ok("x".repeat(200));
      return ok(null);
    });
    const { results } = await each(kind, [
      "throws",
      "rejects",
      "fails",
      "function",
      "long",
      "fine",
    ]);
    expect(
      results.map(({ error, value }) => [error?.code ?? null, value ?? null]),
    ).toEqual([
      ["TASK_THREW", null],
      ["EXEC_FAILED", null],
      ["NON_ZERO_EXIT", '{"stdout":""}'],
      ["RESULT_NOT_SERIALIZABLE", null],
      ["PAYLOAD_TOO_LARGE", null],
      [null, "null"],
    ]);
    expect(results[0]?.error?.message).toContain("TypeError: no");
  });

  test("progress is of the list; an item's own says that it lives", async () => {
    const job = new Job();
    const kind = kindOf((_, { task }) => {
      const { progress } = task;
      progress(7, 9);
      expect(task.taskId).toBe("task_1");
      expect(task.signal).toBe(job.stop.signal);
      return ok(null);
    });
    await each(kind, [1, 2], job);
    expect(job.progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(job.beats).toBe(2);
  });

  test("one that is to stop runs no further item, once it had a turn to hear of it", async () => {
    const job = new Job();
    let ran = 0;
    const kind = kindOf(() => {
      ran++;
      job.stop.abort();
      const until = performance.now() + 21;
      while (performance.now() < until);
      return ok(null);
    });
    await each(kind, [1, 2, 3], job);
    expect(ran).toBe(1);
  });

  test.each([[null], ["text"], [{ length: 1 }]])(
    "%j is no list",
    async (input) => {
      await expect(
        each(
          kindOf(() => ok(1)),
          input,
        ),
      ).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
    },
  );
});
