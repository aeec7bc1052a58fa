/** The subcommands of `tasks` that change something. No server is needed for any of them. */

import type { Command } from "commander";
import { answer, here, JSON_OPTION } from "./answering.ts";
import { examples } from "./help-text.ts";
import type { AddOptions } from "./tasks-add.ts";
import type { ClaimOptions } from "./tasks-claim.ts";
import type { SteerOptions } from "./tasks-steer.ts";
import type {
  DoneOptions,
  FailOptions,
  HeartbeatOptions,
  ReleaseOptions,
} from "./tasks-work.ts";

/** `afterDashes`: how many of the command line's words come after `--`. */
export function addWorkCommands(tasks: Command, afterDashes: number): void {
  addCommand(tasks, afterDashes);
  claimCommand(tasks);
  heartbeatCommand(tasks);
  doneCommand(tasks, afterDashes);
  failCommand(tasks);
  releaseCommand(tasks);
  steerCommands(tasks);
}

const AS_OPTION = ["--as <name>", "who you are; see 'tasks --help'"] as const;
const NOTE_OPTION = [
  "--note <text>",
  "a note for whoever has it next",
] as const;

/** An option that may be given several times. */
const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

const withEvidence = (command: Command, what: string): Command =>
  command
    .option(
      "--evidence-command",
      `${what} a command that exits with 0: the words after '--'`,
    )
    .option("--evidence-file <path>", `${what} a file that is there`, collect)
    .option("--evidence-task <id>", `${what} a task that completed`, collect);

/** The words before `--` that are too many, if any, are commander's to refuse. */
function words(
  given: readonly string[],
  afterDashes: number,
): { readonly operands: readonly string[]; readonly argv: readonly string[] } {
  const at = given.length - afterDashes;
  return { operands: given.slice(0, at), argv: given.slice(at) };
}

function addCommand(tasks: Command, afterDashes: number): void {
  withEvidence(
    tasks
      .command("add")
      .description("add a task to the board, or a list of tasks")
      .usage("[options] <title> [--evidence-command -- <command...>]")
      .argument("[title...]", "what is to be done, in one line")
      .option("--details <text>", "more of it")
      .option("--weight <n>", "1 (minutes) to 10 (the whole day), instead of 3")
      .option("--priority <n>", "-10 to 10, higher first, instead of 0")
      .option("--needs <names>", "capabilities it takes, with commas between")
      .option(
        "--after <id>",
        "comes after this task succeeded; id:finish after any end, id:failure after it failed",
        collect,
      )
      .option("--from <file>", "a list of tasks as JSON; - reads stdin")
      .option(...AS_OPTION)
      .option(...JSON_OPTION),
    "it takes",
  )
    .addHelpText("after", ADD_HELP)
    .action((given: string[], options: AddOptions) =>
      answer(async () => {
        const { tasksAdd } = await import("./tasks-add.ts");
        const { operands, argv } = words(given, afterDashes);
        return tasksAdd(operands, argv, options, here());
      }),
    );
}

const ADD_HELP = `
Prints the ids, one a line. Paths of evidence are relative to where you are.

A list has the arguments of the tool add_tasks:
  {"type": "parallel" | "pipeline" | "sequential",
   "tasks": [{"title": "...", "details": "...", "key": "a", "after": ["b", "task_...:finish"],
              "weight": 3, "priority": 0, "capabilities": ["..."], "stage": 1,
              "evidence": [{"command": ["bun", "test"], "cwd": "."}, {"file": "..."},
                           {"task_id": "..."}]}]}
'key' names a task for 'after' of others in the list; 'stage' is of a pipeline. All of the list
is added, or nothing. Paths in it are relative to the project.
${examples("tasks add 'Write the handbook' --weight 5 --needs writing", "tasks add 'Mend the parser' --evidence-command -- bun test", "tasks add --from list.json")}`;

function claimCommand(tasks: Command): void {
  tasks
    .command("claim")
    .description(
      "make a task of the board yours: the one that suits best, or the one named",
    )
    .argument("[id]", "this task and no other")
    .option(...AS_OPTION)
    .option("--can <names>", "what you can do, with commas between")
    .option(
      "--lease <time>",
      "yours for so long, unless extended: 90s, 5min, or ms",
    )
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      "\nIt is another's after 10 minutes, or what board.lease_ms says, unless extended.\nPrints the id alone on stdout; title, reasons and lease go to stderr. Exit code 1, nothing on\nstdout and the reasons on stderr where there is nothing to claim.\n" +
        examples(
          "tasks claim --can rust,sql",
          "tasks claim task_0199 --lease 30min",
        ),
    )
    .action((id: string | undefined, options: ClaimOptions) =>
      answer(async () => {
        const { tasksClaim } = await import("./tasks-claim.ts");
        return tasksClaim(id, options, here());
      }),
    );
}

function heartbeatCommand(tasks: Command): void {
  tasks
    .command("heartbeat")
    .description("say that you are still at it, which extends your lease")
    .argument("<id>", "a task that is yours")
    .option(...AS_OPTION)
    .option("--lease <time>", "yours for so long from now: 90s, 5min, or ms")
    .option("--progress <done[/total]>", "how far you are: 3, or 3/10")
    .option(...NOTE_OPTION)
    .option(
      "--take <names>",
      "have alone: file:PATH, port:N or any name, with commas between",
    )
    .option("--free <names>", "give such back")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      "\nPrints 'held' and exits with 0; or 'cancel' with 1: stop, somebody wants it cancelled. Exit code 1\ntoo where it is not yours (any more), or somebody else has what --take names.\n" +
        examples(
          "tasks heartbeat task_0199 --progress 3/10",
          "tasks heartbeat task_0199 --take file:src/parser.ts",
        ),
    )
    .action((id: string, options: HeartbeatOptions) =>
      answer(async () => {
        const { tasksHeartbeat } = await import("./tasks-work.ts");
        return tasksHeartbeat(id, options, here());
      }),
    );
}

function doneCommand(tasks: Command, afterDashes: number): void {
  withEvidence(
    tasks
      .command("done")
      .description("end a task that is yours, as completed")
      .usage("[options] <id> [--evidence-command -- <command...>]")
      .argument("<id...>", "a task that is yours")
      .option(...AS_OPTION)
      .option("--summary <text>", "what was done")
      .option(...NOTE_OPTION)
      .option(...JSON_OPTION),
    "proven by",
  )
    .addHelpText(
      "after",
      "\nEvidence is looked at now, by this command, also what the task asked for when it was added: a\ncommand has 5 minutes. If something does not hold, the exit code is 1 and the task still yours.\n" +
        examples(
          "tasks done task_0199 --summary 'It parses'",
          "tasks done task_0199 --evidence-command -- bun test",
        ),
    )
    .action((given: string[], options: DoneOptions) =>
      answer(async () => {
        const { tasksDone } = await import("./tasks-work.ts");
        const { operands, argv } = words(given, afterDashes);
        return tasksDone(operands, argv, options, here());
      }),
    );
}

function failCommand(tasks: Command): void {
  tasks
    .command("fail")
    .description("end a task that is yours, as failed")
    .argument("<id>", "a task that is yours")
    .option(...AS_OPTION)
    .option("--reason <text>", "why")
    .option(...NOTE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples("tasks fail task_0199 --reason 'the tests hang'"),
    )
    .action((id: string, options: FailOptions) =>
      answer(async () => {
        const { tasksFail } = await import("./tasks-work.ts");
        return tasksFail(id, options, here());
      }),
    );
}

function releaseCommand(tasks: Command): void {
  tasks
    .command("release")
    .description("give a task back that is yours, for others to claim")
    .argument("<id>", "a task that is yours")
    .option(...AS_OPTION)
    .option(...NOTE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples("tasks release task_0199 --note 'half done, see the branch'"),
    )
    .action((id: string, options: ReleaseOptions) =>
      answer(async () => {
        const { tasksRelease } = await import("./tasks-work.ts");
        return tasksRelease(id, options, here());
      }),
    );
}

function steerCommands(tasks: Command): void {
  tasks
    .command("cancel")
    .description("cancel a task of the board or the pool, whoever has it")
    .argument("<id>", "a task that has not ended")
    .option(...AS_OPTION)
    .option("--reason <text>", "why")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      "\nPrints 'cancelled'; or 'asked', where somebody has it: its holder hears of it with the next heartbeat.\n" +
        examples("tasks cancel task_0199 --reason 'not needed any more'"),
    )
    .action((id: string, options: SteerOptions) =>
      answer(async () => {
        const { tasksCancel } = await import("./tasks-steer.ts");
        return tasksCancel(id, options, here());
      }),
    );
  tasks
    .command("retry")
    .description(
      "put a task that ended other than completed back into the queue",
    )
    .argument("<id>", "a task that failed, timed out, was cancelled, ...")
    .option(...JSON_OPTION)
    .addHelpText("after", examples("tasks retry task_0199"))
    .action((id: string, options: SteerOptions) =>
      answer(async () => {
        const { tasksRetry } = await import("./tasks-steer.ts");
        return tasksRetry(id, options, here());
      }),
    );
}
