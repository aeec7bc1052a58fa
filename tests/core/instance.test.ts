import { expect, test } from "bun:test";
import { instanceId } from "../../flow-balancer/core/ids.ts";
import {
  judge,
  type InstanceRecord,
  type InstanceSigns,
  type Verdict,
} from "../../flow-balancer/core/instance.ts";
import type { BootMs, EpochMs } from "../../flow-balancer/core/time.ts";

const HEARTBEAT_BOOT = 5_000_000;
const ROW: InstanceRecord = {
  id: instanceId("a"),
  pid: 4711,
  pidStarted: "99",
  bootId: "this boot",
  transport: "stdio",
  projectRoot: "/p",
  version: "0",
  startedAt: 1 as EpochMs,
  heartbeatAt: 2 as EpochMs,
  heartbeatBoot: HEARTBEAT_BOOT as BootMs,
  endedAt: null,
  end: null,
  maxWorkers: 8,
  wants: 0,
  share: 8,
};

type Signs = Partial<Omit<InstanceSigns, "boot">> & { silentMs?: number };
const judged = ({ silentMs = 1_000, ...more }: Signs): Verdict =>
  judge(
    ROW,
    {
      bootId: "this boot",
      boot: (HEARTBEAT_BOOT + silentMs) as BootMs,
      watchedMs: 60_000,
      lock: "held",
      process: "unknown",
      ...more,
    },
    { heartbeatMs: 30_000, deadAfterMs: 60_000 },
  );
const alive: Verdict = { isAlive: true };
const dead = (cause: "restarted" | "unlocked" | "gone" | "silent") => ({
  isAlive: false as const,
  cause,
  abandon: false,
});
const longDead = (cause: "restarted" | "unlocked" | "gone" | "silent") => ({
  ...dead(cause),
  abandon: true,
});

test.each<[string, Signs, Verdict]>([
  ["it beats and holds its lock", {}, alive],
  ["its lock is free", { lock: "free" }, dead("unlocked")],
  [
    "its lock is free, and its last heartbeat may have been its end, 60 s ago",
    { lock: "free", silentMs: 90_000 },
    dead("unlocked"),
  ],
  [
    "its lock is free, and it died more than 60 s ago",
    { lock: "free", silentMs: 90_001 },
    longDead("unlocked"),
  ],
  [
    "the machine was restarted, whatever a lock says",
    { bootId: "next boot", silentMs: -4_000_000 },
    longDead("restarted"),
  ],
  ["no lock, but its process", { lock: "absent", process: "same" }, alive],
  [
    "no lock, and its process is gone or another's",
    { lock: "absent", process: "gone" },
    dead("gone"),
  ],
  [
    "no lock, and nobody can say more",
    { lock: "absent", process: "unknown" },
    alive,
  ],
  ["a lock says more than a process", { process: "gone" }, alive],
  ["60 s without a heartbeat", { silentMs: 60_000 }, alive],
  ["more", { silentMs: 60_001 }, dead("silent")],
  [
    "hours without: it may wake, its clients with it",
    { silentMs: 36_000_000 },
    dead("silent"),
  ],
  [
    "more, but whoever looks has only just woken",
    { silentMs: 36_000_000, watchedMs: 4_999 },
    alive,
  ],
  [
    "its lock is free, also for who has only just woken",
    { lock: "free", watchedMs: 0 },
    dead("unlocked"),
  ],
  [
    "no lock, its process, and no heartbeat",
    { lock: "absent", process: "same", silentMs: 60_001 },
    dead("silent"),
  ],
  ["a heartbeat that is newer than the look", { silentMs: -50 }, alive],
])("%s", (_, signs, verdict) => {
  expect(judged(signs)).toEqual(verdict);
});
