import { afterEach, expect, test } from "bun:test";
import {
  findMarked,
  killMarked,
  signalGroup,
} from "../../flow-balancer/worker/process-tree.ts";
import { kill, livingProcess } from "../support/processes.ts";
import { until } from "../support/until.ts";

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) kill(pid);
});
const sleeper = (env: Record<string, string>): number => {
  const { pid } = Bun.spawn(["sleep", "300"], {
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });
  started.push(pid);
  return pid;
};
const NAME = "FLOW_BALANCER_TEST_MARK";

test("finds the marked by the beginning of the value, nobody else, and not this process", async () => {
  const mark = `m-${process.pid}-a`;
  process.env[NAME] = `${mark}/self`;
  const mine = [
    sleeper({ [NAME]: `${mark}/1` }),
    sleeper({ A: "1", [NAME]: `${mark}/2` }),
  ];
  sleeper({ [NAME]: `other-${mark}/1` });
  sleeper({ [`X${NAME}`]: `${mark}/1` });
  sleeper({ OTHER: `${NAME}=${mark}/1` });
  await until("both to be up", () => findMarked(NAME, `${mark}/`).length >= 2);
  expect(findMarked(NAME, `${mark}/`).sort()).toEqual(mine.sort());
  expect(findMarked(NAME, `${mark}/1`)).toHaveLength(1);
});

test("ends the marked, those that fork while they are looked for included", async () => {
  const mark = `m-${process.pid}-b`;
  const forking = Bun.spawn(
    ["sh", "-c", "while :; do setsid sleep 300 & sleep 0.005; done"],
    { env: { PATH: "/usr/bin:/bin", [NAME]: mark }, detached: true },
  );
  started.push(forking.pid);
  await until("some children", () => findMarked(NAME, mark).length > 6);
  expect(killMarked(NAME, mark)).toBeGreaterThan(3);
  await until("none left", () => findMarked(NAME, mark).length === 0);
  expect(killMarked(NAME, mark)).toBe(0);
});

test("a signal to a group ends all of it; to one that is gone it does nothing", async () => {
  const gone = Bun.spawn(["true"], { detached: true });
  await gone.exited;
  signalGroup(gone.pid, "SIGKILL");
  const pid = sleeper({});
  signalGroup(pid, "SIGKILL");
  await until("its end", () => livingProcess(pid) === null);
});
