/**
 * A small home as one finds it after an hour of work: two servers, tasks in every state, a board, and
 * outcomes of three kinds. The same every time but for the moment it is made at, from which all its times
 * count back. For the pictures in the documentation and the tests of terminals.
 */

import { bunEnv } from "../../flow-balancer/env.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { StoredHome } from "./stored-home.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** As long and as plain as real ones. */
export const shownTaskId = (n: number): string =>
  `task_0199c0de${String(n).padStart(24, "0")}`;

type ShownHome = StoredHome<Env>;

export async function makeShownHome(): Promise<ShownHome> {
  const home = new StoredHome<Env>(bunEnv);
  const now = home.env.now();
  await addInstances(home, now);
  await addTasks(home, now);
  await addBoard(home, now);
  await addOutcomes(home, now);
  await home.insert("sessions", {
    id: "session_0199c0de0000000000000001",
    name: "release notes",
    opened_at: now - 40 * MINUTE,
    last_used_at: now - 30 * SECOND,
  });
  return home;
}

async function addInstances(home: ShownHome, now: number): Promise<void> {
  const project_root = "/home/ada/compiler";
  await home.instance("0199c0de01", {
    transport: "stdio",
    project_root,
    started_at: now - 58 * MINUTE,
    heartbeat_boot: home.env.boot() - 4 * SECOND,
    share: 3,
    wants: 2,
  });
  await home.instance("0199c0de02", {
    transport: "http",
    project_root,
    started_at: now - 12 * MINUTE,
    heartbeat_boot: home.env.boot() - 9 * SECOND,
    share: 1,
    wants: 1,
  });
  await home.instance(
    "0199c0de00",
    {
      project_root,
      started_at: now - 3 * 60 * MINUTE,
      ended_at: now - 61 * MINUTE,
      end: "stopped",
    },
    { locked: false },
  );
}

async function addTasks(home: ShownHome, now: number): Promise<void> {
  const add = (
    n: number,
    kind: string,
    more: Parameters<ShownHome["task"]>[1],
  ) => home.task(n, { id: shownTaskId(n), kind, ...more });
  const ended = (ago: number, ms: number) => ({
    submitted_at: now - ago - ms,
    started_at: now - ago - ms,
    settled_at: now - ago,
    worker: "w1",
  });
  await add(1, "shell", {
    ...ended(30 * MINUTE, 2_400),
    state: "completed",
    tier: "warm",
    wait_ms: 0.4,
    start_ms: 1.2,
    run_ms: 2_400,
    value: '{"exit_code":0}',
  });
  await add(2, "compile", {
    ...ended(20 * MINUTE, 31_000),
    state: "failed",
    tier: "cold",
    wait_ms: 3.1,
    start_ms: 41,
    run_ms: 31_000,
    error: '{"code":"TASK_FAILED","message":"parser.ts: a \'}\' is missing"}',
  });
  await add(3, "compile", {
    ...ended(10 * MINUTE, 90_000),
    state: "timed_out",
    tier: "warm",
    wait_ms: 2,
    start_ms: 1,
    run_ms: 90_000,
    error: '{"code":"TASK_TIMED_OUT","message":"it ran for 90 s"}',
  });
  await add(4, "compile", {
    state: "running",
    holder: "instance_0199c0de01",
    submitted_at: now - 42 * SECOND,
    started_at: now - 41 * SECOND,
  });
  await add(5, "レビュー", {
    state: "running",
    holder: "instance_0199c0de02",
    submitted_at: now - 5 * SECOND,
    started_at: now - 5 * SECOND,
    timeout_ms: 60_000,
  });
  await add(6, "shell", { submitted_at: now - 3 * SECOND });
  await home.insert(
    "tallies",
    { state: "queued", n: 3 },
    { state: "running", n: 3 },
    { state: "completed", n: 1 },
    { state: "failed", n: 1 },
    { state: "timed_out", n: 1 },
  );
}

async function addBoard(home: ShownHome, now: number): Promise<void> {
  const add = (n: number, title: string, more: object) =>
    home.item(n, title, {
      id: shownTaskId(n),
      submitted_at: now - 25 * MINUTE,
      ...more,
    });
  await add(11, "Mend the parser", {
    state: "running",
    holder: "ada",
    started_at: now - 9 * MINUTE,
    lease_boot: home.env.boot() + 8 * MINUTE,
  });
  await add(12, "Write the handbook\u001B[31m", {});
  await add(13, "Publish it", { pending: 2 });
}

/** Times of a kind spread as those of real ones: most near the middle, a few far out. */
async function addOutcomes(home: ShownHome, now: number): Promise<void> {
  const kinds = [
    { kind: "shell", n: 160, ms: 800 },
    { kind: "compile", n: 40, ms: 12_000 },
    { kind: "レビュー", n: 6, ms: 4_000 },
  ];
  const rows = kinds.flatMap(({ kind, n, ms }) =>
    Array.from({ length: n }, (_, i) => ({
      kind,
      state:
        i % 17 === 16 ? "failed" : i % 39 === 38 ? "timed_out" : "completed",
      tier: i === 0 ? "cold" : i % 4 === 0 ? "hot" : "warm",
      wait_ms: 0.2 + (i % 9) / 10,
      start_ms: i === 0 ? 38 : 1 + (i % 5) / 10,
      run_ms: Math.round(
        ms * (0.6 + ((i * 7) % 20) / 25) * (i % 50 === 49 ? 4 : 1),
      ),
      attempt: 1,
      settled_at: now - Math.round(((n - i) / (n + 1)) * 57 * MINUTE) - 1_500,
      holder: "instance_0199c0de01",
    })),
  );
  rows.sort((a, b) => a.settled_at - b.settled_at);
  await home.insert("outcomes", ...rows);
}
