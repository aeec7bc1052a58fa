/**
 * How a task can end its worker or never end: each as the script that does it, and what then has to
 * be seen. Every script first notes that it ran, and leaves a daemon behind.
 */

import type { Effects } from "../flow-balancer/core/task.ts";

/** How a trial has to end. */
export interface Expected {
  /** The task's status, or the code of its error. */
  readonly outcome: string;
  /** How often its code ran. */
  readonly runs: number;
  readonly deaths: number;
}

export interface WayToFail {
  readonly name: string;
  readonly type: "death" | "hang";
  /** So many trials at a time: those that take a core no more than there are cores. */
  readonly atOnce: number;
  /** Beside the prologue. */
  readonly code: string;
  /** A module of its own, that is loaded before a task starts; otherwise a script. */
  readonly isModule?: true;
  readonly memoryMb?: number;
  /** Somebody else ends the worker, once the script said its pid. */
  readonly killedFromOutside?: true;
  /** The signal or the exit code that workers end with; null: however. */
  readonly endsWith: string | number | null;
  readonly expected: (effects: Effects) => Expected;
}

const died = (effects: Effects): Expected =>
  effects === "once"
    ? { outcome: "UNKNOWN_OUTCOME", runs: 1, deaths: 1 }
    : { outcome: "POISONED", runs: 3, deaths: 3 };
const timedOut = (): Expected => ({
  outcome: "TASK_TIMEOUT",
  runs: 1,
  deaths: 1,
});

const task = (body: string): string =>
  `export default async (_, ctx) => { begun(); ${body} };`;
const FOREVER = "await new Promise(() => {});";

/** Ends a worker that had no more to do with it than any other. */
export const DEATHS: readonly WayToFail[] = [
  death("exit(0) in the task", task("process.exit(0);"), 0),
  death("exit(1) in the task", task("process.exit(1);"), 1),
  death(
    "throws where no task can catch it",
    task(`setTimeout(() => { throw new Error("nobody's"); }); ${FOREVER}`),
    1,
  ),
  {
    ...death(
      "unhandled rejection",
      task(
        "Promise.reject(new Error('nobody')); await Bun.sleep(2); return 1;",
      ),
      null,
    ),
    expected: () => ({ outcome: "completed", runs: 1, deaths: 0 }),
  },
  {
    ...death(
      "SIGKILL from outside",
      task(`ctx.log(String(process.pid)); ${FOREVER}`),
      "SIGKILL",
    ),
    killedFromOutside: true,
  },
  death(
    "SIGSEGV",
    task(`process.kill(process.pid, "SIGSEGV"); ${FOREVER}`),
    "SIGSEGV",
  ),
  {
    ...death(
      "out of memory",
      task(
        "const held = []; for (;;) { held.push(Buffer.alloc(4_194_304, 1)); await Bun.sleep(5); }",
      ),
      "SIGKILL",
    ),
    memoryMb: 96,
    atOnce: 4,
    expected: () => ({ outcome: "MEMORY_LIMIT", runs: 1, deaths: 1 }),
  },
  // Its own exit, or ours: who is first.
  death("closes its channel", task(`process.disconnect(); ${FOREVER}`), null),
  death("abort()", task("process.abort();"), "SIGABRT"),
  death(
    "a bad pointer in native code",
    `import { read } from "bun:ffi"; ${task("return read.u8(8, 0);")}`,
    "SIGSEGV",
  ),
  {
    ...death(
      "exits while its module loads",
      "begun(); process.exit(3); export default 1;",
      3,
    ),
    isModule: true,
    // Its task never began, so that another try is the first one.
    expected: () => ({ outcome: "POISONED", runs: 3, deaths: 3 }),
  },
];

export const HANGS: readonly WayToFail[] = [
  hang("spins", task("for (;;);")),
  hang(
    "catastrophic regular expression",
    task('return /^(a+)+$/.test("a".repeat(64) + "b");'),
  ),
  hang("is stopped", task(`process.kill(process.pid, "SIGSTOP"); ${FOREVER}`)),
  hang(
    "blocks in Atomics.wait",
    task("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"),
  ),
  hang(
    "is deaf to SIGTERM",
    `process.on("SIGTERM", () => {}); ${task("for (;;);")}`,
  ),
  {
    ...hang(
      "never loads",
      "begun(); await new Promise(() => {}); export default 1;",
    ),
    isModule: true,
    atOnce: 4,
    expected: () => ({ outcome: "START_TIMEOUT", runs: 1, deaths: 1 }),
  },
];

/** The whole script of one trial: no two are the same text, as no two tasks of different clients are. */
export const codeOf = ({ code }: WayToFail, trial: string): string => `
  import { appendFileSync } from "node:fs";
  function begun() {
    appendFileSync(process.env.HOME + "/runs", ${JSON.stringify(`${trial}\n`)});
    // A daemon: out of the group, and its parent gone, before anything fails.
    Bun.spawnSync(["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 &"]);
  }
  ${code}`;

function death(
  name: string,
  code: string,
  endsWith: string | number | null,
): WayToFail {
  return { name, type: "death", atOnce: 1, code, endsWith, expected: died };
}

function hang(name: string, code: string): WayToFail {
  return {
    name,
    type: "hang",
    atOnce: 2,
    code,
    endsWith: null,
    expected: timedOut,
  };
}
