/**
 * Work for a dashboard to show: 500 real tasks of three kinds, a few that fail or take long, sessions, and
 * a board with items in every column. Given by MCP, run by real workers.
 */

import type { DashboardServer } from "./dashboard-server.ts";
import { TASK_IMPORTS } from "./task-module.ts";

const COUNT_WORDS = `${TASK_IMPORTS}
export default defineTask({
  kind: "count-words",
  description: "Counts the words of a text",
  input: z.object({ text: z.string(), ms: z.number().default(0), fail: z.boolean().default(false) }),
  async run({ text, ms, fail }, { log, progress }) {
    progress(0, 1);
    if (ms > 0) await Bun.sleep(ms);
    if (fail) throw new Error("the text has no end");
    log("counted");
    return { words: text.split(" ").length };
  },
});
`;

export const WORK_FILES: Readonly<Record<string, string>> = {
  "flow-balancer.toml": `
[kinds.count-words]
module = "./count-words.ts"
description = "Counts the words of a text"
effects = "none"
`,
  "count-words.ts": COUNT_WORDS,
};

const SCRIPT =
  'export default (args, { log }) => { log("squared"); return args * args; }';
const IN_A_ROW = 50;

interface Task {
  readonly kind: string;
  readonly input: object;
  readonly session?: string;
}

/** Of the three kinds in turn, numbered from `from`. */
const mixed = (n: number, from: number, sessions: readonly string[]): Task[] =>
  Array.from({ length: n }, (_, index) => {
    const number = from + index;
    const session = sessions[number % (2 * sessions.length)];
    const more = session === undefined ? {} : { session };
    if (number % 5 === 0)
      return {
        kind: "shell",
        input: { argv: ["echo", `line ${number}`] },
        ...more,
      };
    if (number % 5 < 3)
      return {
        kind: "count-words",
        input: { text: `text number ${number}`, ms: number % 7 },
        ...more,
      };
    return { kind: "script", input: { code: SCRIPT, args: number }, ...more };
  });

/** 500 tasks, in batches side by side. Throws unless all of them completed. */
export async function runManyTasks(
  server: DashboardServer,
  sessions: readonly string[],
): Promise<void> {
  for (let from = 0; from < 500; from += 2 * IN_A_ROW) {
    const answers = await Promise.all(
      [from, from + IN_A_ROW].map((first) =>
        server.call("run_batch", { tasks: mixed(IN_A_ROW, first, sessions) }),
      ),
    );
    for (const { results } of answers as { results: { status: string }[] }[]) {
      const wrong = results.find(({ status }) => status !== "completed");
      if (wrong !== undefined) throw new Error(JSON.stringify(wrong));
    }
  }
}

/** What does not go well: `failed` failed, `slow` runs until it is cancelled. */
export async function runOddTasks(
  server: DashboardServer,
): Promise<{ readonly failed: string; readonly slow: string }> {
  const submit = async (input: object, more: object = {}) =>
    (await server.call("submit_task", { kind: "count-words", input, ...more }))
      .task_id as string;
  const failed = await submit({ text: "once upon a time", fail: true });
  await submit({ text: "for ever and ever", ms: 60_000 }, { timeout_ms: 200 });
  await server.call("submit_task", {
    kind: "shell",
    input: { argv: ["sh", "-c", "echo on the way; exit 3"] },
  });
  // A limit of its own: by now much shorter ones are learned.
  const slow = await submit(
    { text: "a long story", ms: 120_000 },
    { timeout_ms: 120_000 },
  );
  await submit({ text: "what comes after it" }, { after: [slow] });
  return { failed, slow };
}

export async function openSessions(
  server: DashboardServer,
  names: readonly string[],
): Promise<string[]> {
  const opened = await Promise.all(
    names.map((name) => server.call("open_session", { name })),
  );
  return opened.map(({ session }) => session as string);
}

/** Items that are ready, blocked, claimed, done and failed. */
export async function fillBoard(server: DashboardServer): Promise<void> {
  await server.call("add_tasks", {
    as: "planner",
    tasks: [
      { title: "Read the parser", key: "read", weight: 2 },
      { title: "Write the grammar", key: "grammar", after: ["read"] },
      { title: "Measure the lexer", key: "lexer", weight: 5 },
      { title: "Port the old tests", key: "port", weight: 1 },
      { title: "Review the error texts", capabilities: ["english"] },
      { title: "Draw the syntax diagrams", after: ["grammar"] },
    ],
  });
  const claim = async (as: string) =>
    (await server.call("claim_task", { as })).task.task_id as string;
  const first = await claim("agent-1");
  const second = await claim("agent-2");
  const third = await claim("agent-1");
  await server.call("update_task", {
    task_id: first,
    as: "agent-1",
    done: 3,
    total: 8,
  });
  await server.call("complete_task", {
    task_id: second,
    as: "agent-2",
    summary: "done as planned",
  });
  await server.call("complete_task", {
    task_id: third,
    as: "agent-1",
    outcome: "failed",
    summary: "the old tests are gone",
  });
}
