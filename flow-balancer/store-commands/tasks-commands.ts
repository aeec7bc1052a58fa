/** The command `tasks` and those of its subcommands that only read. What they do is loaded when it is asked for. */

import { type Command, Option } from "commander";
import { QUEUE_NAMES, TASK_STATES } from "../core/task.ts";
import {
  answer,
  as,
  here,
  JSON_OPTION,
  type Reading,
  WATCH_OPTION,
} from "./answering.ts";
import { completes, examples, inGroup } from "./help-text.ts";
import type { ListOptions } from "./tasks-list.ts";
import { addWorkCommands } from "./work-commands.ts";

const LISTED_STATES = [
  ...TASK_STATES,
  "ready",
  "blocked",
  "delayed",
  "claimed",
] as const;

/** `afterDashes`: how many of the command line's words come after `--`. */
export function addTasksCommands(root: Command, afterDashes: number): void {
  const tasks = inGroup(root.command("tasks"), "work")
    .description("the tasks of this home: look at them, add, claim, finish")
    .addHelpText("after", TASKS_HELP);
  listCommand(tasks);
  showCommand(tasks);
  outputCommand(tasks);
  addWorkCommands(tasks, afterDashes);
}

function listCommand(tasks: Command): void {
  tasks
    .command("list")
    .description("the newest tasks, of the pool and of the board")
    .addOption(
      completes(
        new Option(
          "--state <states>",
          "any of these, with commas between them",
        ),
        LISTED_STATES,
      ),
    )
    .option("--kind <kind>", "of this kind")
    .addOption(
      completes(new Option("--queue <queue>", "pool or board"), QUEUE_NAMES),
    )
    .option("--session <id>", "of this session")
    .option("--since <when>", "submitted since: 90s, 5min, 2h, 1d, or a date")
    .option("--limit <n>", "at most so many, instead of 50")
    .option("--all", "as many as can be shown: 100,000")
    .option(...WATCH_OPTION)
    .option(...JSON_OPTION)
    .addHelpText("after", LIST_HELP)
    .action((options: ListOptions & Reading) =>
      answer(async () => {
        const { tasksList } = await import("./tasks-list.ts");
        return tasksList(options, here(), as(options));
      }, options),
    );
}

function showCommand(tasks: Command): void {
  tasks
    .command("show")
    .description("everything that is stored of one task")
    .argument("<id>", "a task's id")
    .option(...WATCH_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples("tasks show task_0199", "tasks show task_0199 --json"),
    )
    .action((id: string, options: Reading) =>
      answer(async () => {
        const { tasksShow } = await import("./tasks-show.ts");
        return tasksShow(id, here(), as(options));
      }, options),
    );
}

function outputCommand(tasks: Command): void {
  tasks
    .command("output")
    .description(
      "what a task printed: as it is, but for a terminal, where control characters are written out",
    )
    .argument("<id>", "a task's id")
    .option(...JSON_OPTION)
    .addHelpText("after", examples("tasks output task_0199 | less"))
    .action((id: string, options: Reading) =>
      answer(async () => {
        const { tasksOutput } = await import("./tasks-show.ts");
        return tasksOutput(id, here(), as(options));
      }),
    );
}

const TASKS_HELP = `
A script divides work with others like this:
  id=$(flow-balancer tasks claim) || exit
  flow-balancer tasks heartbeat "$id"          # before the lease ends
  flow-balancer tasks done "$id" --evidence-command -- bun test

Whoever claims has a name: --as NAME, else FLOW_BALANCER_AS, else that of the agent's session
it runs in (CLAUDE_CODE_SESSION_ID), else one made of the user, the host and the terminal or
job. So all that runs in one terminal, or in one job of cron, is one holder: scripts there that
are to be told apart, or calls each in a session of their own (setsid), need --as NAME, or once
  export FLOW_BALANCER_AS=NAME
${examples("tasks list", "tasks add 'Write the handbook' --weight 5", "tasks show task_0199")}`;

const LIST_HELP = `
States:
  queued     not begun; also 'ready', which could be claimed now, 'blocked', which comes after
             tasks that have not ended, 'delayed', which has a time to wait for, and 'claimed',
             which somebody has and will begin
  running    somebody has it
  completed, failed, timed_out, cancelled, unknown_outcome, poisoned
             how it ended
${examples(
  "tasks list --state ready,blocked --queue board",
  "tasks list --state failed,timed_out --since 1h",
  "tasks list --kind shell --limit 20 --watch",
)}`;
