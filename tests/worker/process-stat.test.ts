import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseProcessStat } from "../../flow-balancer/core/process-stat.ts";
import {
  readProcessStat,
  readPssKib,
  TICK_MS,
} from "../../flow-balancer/worker/process-stat.ts";
import { kill } from "../support/processes.ts";
import { until, within } from "../support/until.ts";

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) kill(pid);
});
const sleeper = (...argv: string[]): Bun.Subprocess => {
  const child = Bun.spawn(argv, { stdio: ["ignore", "ignore", "ignore"] });
  started.push(child.pid);
  return child;
};

/** The first 22 fields, as proc(5) numbers them. */
const stat = (
  name: string,
  letter: string,
  cpu: [number, number],
  at: number,
) =>
  `4711 (${name}) ${letter} 1 2 3 0 -1 4194560 5 6 7 8 ${cpu[0]} ${cpu[1]} 9 10 20 0 1 0 ${at} 11 12 13\n`;

describe("the text of /proc/<pid>/stat", () => {
  test("is read whatever the process calls itself", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 15 }),
          fc.constantFrom(") S 1 2 3 (", "a) R 9 9", "((", "\n) Z"),
        ),
        fc.constantFrom("R", "S", "D", "T", "t", "Z", "X", "I"),
        fc.tuple(fc.nat(), fc.nat()),
        fc.nat(),
        (name, letter, cpu, at) => {
          expect(parseProcessStat(stat(name, letter, cpu, at))).toEqual({
            letter,
            cpuTicks: cpu[0] + cpu[1],
            startedAtTicks: at,
          });
        },
      ),
    );
  });

  test.each([
    ["nothing", ""],
    ["another file", "1234 56 78\n"],
    ["cut off", "1 (bun) S 1 2 3"],
    [
      "no number for the CPU time",
      stat("bun", "S", [1, 1], 1).replace(" 8 1 1 ", " 8 1 x "),
    ],
    [
      "no number for the start",
      stat("bun", "S", [1, 1], 33).replace(" 33 ", " x "),
    ],
    ["two letters", stat("bun", "SS", [1, 1], 1)],
  ])("%s is no answer", (_, text) => {
    expect(parseProcessStat(text)).toBeNull();
  });
});

describe.skipIf(!existsSync("/proc/self/stat"))("a living process", () => {
  test("has a letter, CPU time that grows, and a start that stays", async () => {
    const before = readProcessStat(process.pid)!;
    expect(before.letter).toMatch(/^[A-Z]$/);
    const grown = await until("CPU time", () => {
      const end = performance.now() + 2 * TICK_MS;
      while (performance.now() < end);
      const now = readProcessStat(process.pid)!;
      return now.cpuTicks > before.cpuTicks && now;
    });
    expect(grown.startedAtTicks).toBe(before.startedAtTicks);
  });

  test("is found asleep, stopped, going on, and not at all after its end", async () => {
    const child = sleeper("sleep", "300");
    const letter = () => readProcessStat(child.pid)?.letter;
    await until("sleep", () => letter() === "S");
    kill(child.pid, "SIGSTOP");
    await until("stop", () => letter() === "T");
    kill(child.pid, "SIGCONT");
    await until("sleep again", () => letter() === "S");
    kill(child.pid);
    await within("end", child.exited);
    expect(readProcessStat(child.pid)).toBeNull();
    expect(readPssKib(child.pid)).toBeNull();
  });

  test("may be called anything", async () => {
    const directory = mkdtempSync(join(tmpdir(), "process-stat-"));
    try {
      const program = join(directory, "a) R (b 1 2");
      symlinkSync(process.execPath, program);
      const child = sleeper(program, "-e", "setInterval(() => {}, 300_000)");
      const found = await until("sleep", () => {
        const now = readProcessStat(child.pid);
        return now?.letter === "S" && now;
      });
      const own = readProcessStat(process.pid)!;
      expect(found.startedAtTicks).toBeGreaterThanOrEqual(own.startedAtTicks);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("takes memory of its own: a program of some KiB less than this one", () => {
    const { pid } = sleeper("sleep", "300");
    const own = readPssKib(process.pid)!;
    expect(own).toBeGreaterThan(10_000);
    expect(readPssKib(pid)!).toBeGreaterThan(0);
    expect(readPssKib(pid)!).toBeLessThan(own);
  });
});

test("no process, no answer", () => {
  expect(readProcessStat(-1)).toBeNull();
  expect(readPssKib(-1)).toBeNull();
});
