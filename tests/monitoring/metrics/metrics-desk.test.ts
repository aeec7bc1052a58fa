import { describe, expect, test } from "bun:test";
import type { ErrorCode } from "../../../flow-balancer/core/errors.ts";
import type { EngineEvent } from "../../../flow-balancer/core/events.ts";
import { taskId } from "../../../flow-balancer/core/ids.ts";
import type { MetricsDesk } from "../../../flow-balancer/watching/metrics-desk.ts";
import {
  distributionOf,
  metricsDesk,
  valueOf,
  valuesOf,
} from "../../support/metrics-under-test.ts";
import { promtool, testWithPromtool } from "../../support/promtool.ts";
import { until } from "../../support/until.ts";
import { execution, settled } from "../../support/settled-events.ts";

async function told(...events: readonly EngineEvent[]) {
  const desk = metricsDesk();
  for (const event of events) desk.sink(event);
  return desk.families();
}

describe("tasks", () => {
  test("are counted by kind, tier and state once they ended for good, and each attempt by its tier", async () => {
    const families = await told(
      { type: "task.submitted", kind: "echo" },
      settled({
        kind: "echo",
        state: "failed",
        code: "TASK_THREW",
        again: true,
      }),
      settled({ kind: "echo", execution: execution({ tier: "cold" }) }),
      settled({
        kind: "echo",
        state: "cancelled",
        code: "CANCELLED",
        execution: null,
      }),
    );
    const of = (tier: string, state: string) =>
      valueOf(families, "tasks_settled_total", { kind: "echo", tier, state });
    expect(of("cold", "completed")).toBe(1);
    expect(of("none", "cancelled")).toBe(1);
    expect(of("warm", "failed")).toBe(0);
    expect(valueOf(families, "task_retries_total", { kind: "echo" })).toBe(1);
    expect(valueOf(families, "tasks_submitted_total", { kind: "echo" })).toBe(
      1,
    );
    expect(valueOf(families, "tier_hits_total", { tier: "cold" })).toBe(1);
    expect(valueOf(families, "tier_hits_total", { tier: "warm" })).toBe(1);
    expect(valuesOf(families, "task_errors_total")).toEqual([
      { labels: { code: "TASK_THREW" }, value: 1 },
      { labels: { code: "CANCELLED" }, value: 1 },
    ]);
    expect(distributionOf(families, "task_run_seconds")).toMatchObject({
      sum: 0.02,
    });
  });

  test("of configured kinds have their usual ends from the start, at 0: a rate misses what a series begins with", async () => {
    const families = await told();
    expect(
      valueOf(families, "tasks_settled_total", {
        kind: "shell",
        tier: "hot",
        state: "timed_out",
      }),
    ).toBe(0);
    expect(valueOf(families, "fences_rejected_total")).toBe(0);
  });

  test("a run is compared with its limit only if that was learned and it completed", async () => {
    const run = execution({ runMs: 250 });
    const learned = { limitBasis: "own_runs", limitMs: 500 } as const;
    const families = await told(
      settled({ execution: run }),
      settled({ execution: run, limitBasis: "default" }),
      settled({ execution: run, ...learned }),
      settled({ execution: execution({ runMs: 750 }), ...learned }),
      settled({
        execution: execution({ runMs: 500 }),
        ...learned,
        state: "timed_out",
        code: "TASK_TIMEOUT",
      }),
    );
    const ratio = distributionOf(families, "task_run_limit_ratio");
    expect(ratio.cumulative.at(-1)).toBe(2);
    expect(ratio.sum).toBe(2);
    expect(valueOf(families, "runs_beyond_limit_total")).toBe(1);
  });

  test("what was foretold is compared with what came, clock by clock", async () => {
    const predicted = { waitMs: 1, startMs: 0, runMs: 43 };
    const decision = {
      way: "loaded_idle",
      predicted,
      instead: null,
      insteadMs: null,
      priceMs: null,
    } as const;
    const families = await told(
      settled({ execution: execution({ decision }) }),
    );
    const of = (clock: string) =>
      distributionOf(families, "task_prediction_ratio", { clock }).sum;
    expect([of("wait"), of("start"), of("run")]).toEqual([1, 1, 4]);
  });
});

test("what else happens is counted as it is told", async () => {
  const families = await told(
    { type: "task.refused", code: "QUEUE_FULL" },
    { type: "task.claimed", n: 3 },
    { type: "lease.lost", n: 2 },
    { type: "lease.expired", n: 4 },
    { type: "fence.rejected" },
    { type: "worker.started" },
    { type: "worker.exited", exitCode: 0 },
    { type: "worker.exited", exitCode: 1 },
    { type: "worker.exited", exitCode: null },
    { type: "worker.start_failed" },
    { type: "store.committed", ms: 2, writes: 5 },
    { type: "store.delayed" },
    { type: "store.refused", code: "STORAGE_FULL", writes: 6 },
    { type: "instance.died" },
  );
  const exits = ["clean", "code", "signal"].map((how) =>
    valueOf(families, "workers_exited_total", { how }),
  );
  expect(exits).toEqual([1, 1, 1]);
  const counted = [
    "tasks_claimed",
    "leases_lost",
    "leases_expired",
    "fences_rejected",
    "workers_started",
    "worker_start_failures",
    "store_commit_delays",
    "instances_died",
  ].map((name) => valueOf(families, `${name}_total`));
  expect(counted).toEqual([3, 2, 4, 1, 1, 1, 1, 1]);
  expect(valuesOf(families, "tasks_refused_total")).toEqual([
    { labels: { code: "QUEUE_FULL" }, value: 1 },
  ]);
  const refused = (code: string) =>
    valueOf(families, "store_refused_writes_total", { code });
  expect([refused("STORAGE_FULL"), refused("STORAGE_BUSY")]).toEqual([6, 0]);
  expect(distributionOf(families, "store_commit_seconds").sum).toBe(0.002);
  expect(distributionOf(families, "store_commit_writes").sum).toBe(5);
});

describe("facts", () => {
  test("are read when somebody asks", async () => {
    const families = await told();
    expect(valueOf(families, "workers", { tier: "hot", state: "busy" })).toBe(
      1,
    );
    expect(valueOf(families, "workers", { tier: "hot", state: "idle" })).toBe(
      0,
    );
    expect(valueOf(families, "pool_utilisation_ratio")).toBe(0.5);
    expect(valueOf(families, "home_queue_oldest_age_seconds")).toBe(2.5);
    expect(valueOf(families, "home_tasks", { state: "queued" })).toBe(5);
    expect(valueOf(families, "home_wal_bytes")).toBe(8_192);
    expect(valueOf(families, "last_beat_age_seconds")).toBe(0.12);
    expect(
      valueOf(families, "deadline_limit_seconds", {
        kind: "echo",
        limit: "max",
      }),
    ).toBe(4);
    expect(valuesOf(families, "worker_memory_bytes")).toEqual([
      { labels: { slot: "0" }, value: 1_048_576 },
      { labels: { slot: "1" }, value: 2_097_152 },
    ]);
    expect(valueOf(families, "process_resident_memory_bytes")).toBeGreaterThan(
      1e6,
    );
  });

  test("one that cannot be read is left out, counted, and keeps nothing else from being read", async () => {
    const desk = metricsDesk({
      disk: () => {
        throw new Error("no disk");
      },
      pool: () => {
        throw new Error("no pool");
      },
    });
    const families = await desk.families();
    expect(families.map(({ metric }) => metric.name)).not.toContain(
      "flow_balancer_home_wal_bytes",
    );
    expect(valueOf(families, "home_instances")).toBe(2);
    const unread = (what: string) =>
      valueOf(families, "unread_facts_total", { what });
    expect([unread("disk"), unread("pool"), unread("home")]).toEqual([1, 1, 0]);
  });
});

describe("labels are few", () => {
  const GARBAGE = 10_000;

  /** Lines of the text after so many kinds that nobody configured. */
  async function linesAfter(
    desk: MetricsDesk,
    kinds: number,
  ): Promise<string[]> {
    for (let n = 0; n < kinds; n++) {
      const kind = `kind "${n}"\n\\`;
      desk.sink({ type: "task.submitted", kind });
      desk.sink(settled({ kind, id: taskId(String(n)) }));
      desk.sink({ type: "task.refused", code: `CODE_${n}` as ErrorCode });
    }
    return (await desk.text()).text.split("\n");
  }

  test("10,000 kinds of garbage are fifty and 'other', and all of them counted", async () => {
    const desk = metricsDesk();
    const few = await linesAfter(desk, 51);
    const lines = await linesAfter(desk, GARBAGE);
    // Those of the process and of what it measures come and go.
    const own = (all: readonly string[]) =>
      all.filter((line) => !/event_loop|process/.test(line)).length;
    expect(own(lines)).toBe(own(few));
    expect(lines).toContain(
      `flow_balancer_tasks_submitted_total{kind="other"} ${GARBAGE - 50 + 1}`,
    );
    expect(lines).toContain(
      `flow_balancer_tasks_refused_total{code="other"} ${GARBAGE + 51}`,
    );
  });

  test("none of them is an id", async () => {
    const desk = metricsDesk();
    const { text } = await desk.text();
    for (const id of ["w-7", "w-9", "task_"])
      expect(text).not.toContain(`"${id}`);
  });
});

test("an event that makes no sense is counted as such, and those after it as they are", async () => {
  const families = await told(
    settled({ execution: execution({ tier: "tepid" as "warm" }) }),
    { type: "worker.started" },
  );
  expect(valueOf(families, "unread_facts_total", { what: "events" })).toBe(1);
  expect(valueOf(families, "workers_started_total")).toBe(1);
});

test("what happened before the first scrape is in it", async () => {
  const desk = metricsDesk();
  for (let n = 0; n < 1_000; n++) desk.sink(settled());
  const { text, contentType } = await desk.text();
  expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(text).toContain("flow_balancer_task_run_seconds_count 1000\n");
});

testWithPromtool("promtool finds nothing wrong with the text", async () => {
  const desk = metricsDesk();
  desk.sink(settled({ kind: 'a "kind"\n\\' }));
  // The delay of the event loop is not there from the start.
  let text = "";
  await until("a delay", async () => {
    ({ text } = await desk.text());
    return text.includes("flow_balancer_event_loop_delay_seconds{");
  });
  desk.stop();
  const { exitCode, said } = await promtool(["check", "metrics"], {
    stdin: text,
  });
  expect(said).toBe("");
  expect(exitCode).toBe(0);
});
