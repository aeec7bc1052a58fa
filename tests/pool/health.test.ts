import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { WorkerHealth } from "../../flow-balancer/core/pool-status.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  classifyLoss,
  judge,
  type Sample,
} from "../../flow-balancer/pool/health.ts";
import { readProcessStat } from "../../flow-balancer/worker/process-stat.ts";
import { createSharedFile } from "../../flow-balancer/worker/shared-file.ts";
import {
  STATUS_PAGE_BYTES,
  StatusPageReader,
} from "../../flow-balancer/worker/status-page.ts";
import { kill } from "../support/processes.ts";
import { until, within } from "../support/until.ts";

const EVERY_MS = 100;
const LONG_ENOUGH_MS = 2 * EVERY_MS;

/** What is true of a worker in a stretch of time; from it follows what two looks see, and what is to be said. */
interface Truth {
  readonly turns: boolean;
  readonly state: Sample["state"];
  /** Share of the time in which it had a CPU. */
  readonly cpu: number;
  readonly letter: string;
  readonly source: "page" | "messages";
  readonly elapsedMs: number;
}

function looks(truth: Truth): [Sample, Sample] {
  const look = (at: number, beats: number, cpuMs: number, letter: string) => ({
    at,
    state: truth.state,
    pulse: { source: truth.source, beats, everyMs: EVERY_MS },
    process: { letter, cpuTicks: Math.ceil(cpuMs / 10), startedAtTicks: 5 },
  });
  const { elapsedMs, turns, cpu, letter } = truth;
  return [
    look(1_000, 3, 700, "S"),
    look(1_000 + elapsedMs, turns ? 4 : 3, 700 + cpu * elapsedMs, letter),
  ];
}

function said({ letter, turns, state, cpu, elapsedMs }: Truth): WorkerHealth {
  if ("ZX".includes(letter)) return "dead";
  if ("Tt".includes(letter)) return "stopped";
  if (turns) return state === "running" ? "working" : state;
  if (elapsedMs < LONG_ENOUGH_MS) return "unclear";
  if (cpu > 0.5) return "spinning";
  return letter === "R" ? "starved" : "blocked";
}

const truths: fc.Arbitrary<Truth> = fc.record({
  turns: fc.boolean(),
  state: fc.constantFrom("starting", "idle", "running"),
  // What lies between is a matter of the limit, which has its own test.
  cpu: fc.oneof(fc.constant(0), fc.double({ min: 0.6, max: 4, noNaN: true })),
  letter: fc.constantFrom("R", "S", "D", "T", "t", "Z", "X"),
  source: fc.constantFrom("page", "messages"),
  elapsedMs: fc.integer({ min: 1, max: 60_000 }),
});

describe("a worker is judged by two looks at it:", () => {
  test("what is said is what is true, whichever way the count came", () => {
    fc.assert(
      fc.property(truths, (truth) => {
        expect(judge(...looks(truth))).toBe(said(truth));
      }),
      { numRuns: 1_000 },
    );
  });

  const silent: Truth = {
    turns: false,
    state: "running",
    cpu: 0,
    letter: "S",
    source: "page",
    elapsedMs: 1_000,
  };

  test("a collector's few ticks make no spinning", () => {
    expect(judge(...looks({ ...silent, cpu: 0.09 }))).toBe("blocked");
    expect(judge(...looks({ ...silent, cpu: 0.1 }))).toBe("spinning");
    expect(judge(...looks({ ...silent, cpu: 0.05, letter: "R" }))).toBe(
      "starved",
    );
  });

  test("another process with its number means that it is dead", () => {
    const [before, now] = looks({ ...silent, turns: true });
    const process = { ...now.process!, startedAtTicks: 6 };
    expect(judge(before, { ...now, process })).toBe("dead");
  });

  test("without /proc it is silent, or not", () => {
    const [before, now] = looks(silent);
    expect(judge(before, { ...now, process: null })).toBe("silent");
    expect(judge({ ...before, process: null }, now)).toBe("silent");
    const [, moved] = looks({ ...silent, turns: true });
    expect(judge(before, { ...moved, process: null })).toBe("working");
  });

  test("counts of two sources are not compared, nor one with none", () => {
    const [before] = looks({ ...silent, source: "messages" });
    const [, now] = looks(silent);
    expect(judge(before, now)).toBe("unclear");
    expect(judge({ ...now, pulse: null }, now)).toBe("unclear");
    expect(judge(now, { ...now, pulse: null })).toBe("unclear");
  });

  test("who is stopped is found so without a count", () => {
    const [before, now] = looks({ ...silent, letter: "T" });
    expect(judge(before, { ...now, pulse: null })).toBe("stopped");
  });
});

describe("a lost job", () => {
  test.each([
    ["accepted", "never_started"],
    ["started", "started"],
    ["effects_declared", "started"],
    ["answered", "answered"],
  ] as const)("whose page says %s: %s", (phase, loss) => {
    expect(classifyLoss({ job: 70, phase }, 70)).toBe(loss);
    // Of an earlier job in the lane: the worker never read the message of this one.
    expect(classifyLoss({ job: 6, phase }, 70)).toBe("never_started");
    expect(classifyLoss({ job: 134, phase }, 70)).toBe("unknown");
  });

  test("of a worker that had no job in the lane never started; without a page nobody knows", () => {
    expect(classifyLoss({ job: -1, phase: "none" }, 0)).toBe("never_started");
    expect(classifyLoss(null, 70)).toBe("unknown");
  });
});

describe.skipIf(!existsSync("/dev/shm") || !existsSync("/proc/self/stat"))(
  "a real process",
  () => {
    const SUBJECT = join(import.meta.dir, "children/health-subject.ts");
    const atTheEnd: (() => void)[] = [];
    afterEach(() => {
      for (const end of atTheEnd.splice(0).reverse()) end();
    });

    async function subject() {
      const file = createSharedFile(STATUS_PAGE_BYTES)!;
      atTheEnd.push(file.close);
      const reader = new StatusPageReader(file.memory, 1);
      const child = Bun.spawn(
        [process.execPath, SUBJECT, JSON.stringify(file.ticket)],
        { stdio: ["ignore", "ignore", "inherit"], ipc: () => {} },
      );
      atTheEnd.push(() => kill(child.pid));
      await until("a beat", () => (reader.read()?.beats ?? 0) > 0);
      const look = (): Sample => {
        const reading = reader.read();
        return {
          at: performance.now(),
          state: reading?.state ?? "starting",
          pulse:
            reading === null
              ? null
              : { source: "page", beats: reading.beats, everyMs: 10 },
          process: readProcessStat(child.pid),
        };
      };
      const judged = (verdict: WorkerHealth): Promise<unknown> =>
        until(verdict, async () => {
          const before = look();
          await Bun.sleep(100);
          return judge(before, look()) === verdict;
        });
      return { child, reader, judged };
    }

    test("is idle, then stopped, then idle again, and its page outlives it", async () => {
      const { child, reader, judged } = await subject();
      await judged("idle");
      kill(child.pid, "SIGSTOP");
      await judged("stopped");
      kill(child.pid, "SIGCONT");
      await judged("idle");
      child.send("work");
      await judged("working");
      kill(child.pid);
      await within("end", child.exited);
      expect(classifyLoss(reader.lane(64), 64)).toBe("started");
      expect(classifyLoss(reader.lane(128), 128)).toBe("never_started");
      expect(classifyLoss(reader.lane(65), 65)).toBe("never_started");
    });

    test("that loops for ever is spinning", async () => {
      const { child, judged } = await subject();
      child.send("spin");
      await judged("spinning");
    });

    test("that waits for ever is blocked", async () => {
      const { child, judged } = await subject();
      child.send("block");
      await judged("blocked");
    });
  },
);
