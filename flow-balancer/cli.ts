#!/usr/bin/env -S bun --config=/dev/null --no-env-file --no-install
/**
 * The command line. Each command's code is loaded only when it is asked for. Data goes to
 * stdout, everything else to stderr; exit codes: 0 ok, 1 failed, 2 usage, 3 not running,
 * 4 degraded, 124 timeout, 130 interrupted.
 */

import { Argument, Command, CommanderError, Option } from "commander";
import { homedir } from "node:os";
import manifest from "../package.json" with { type: "json" };
import { EXIT } from "./commands/answer.ts";
import { CLIENTS } from "./commands/client-files.ts";
import type { InitOptions } from "./commands/init.ts";
import { wrappedText } from "./commands/wrapped-lines.ts";
import { endQuietlyUnread } from "./commands/write-answer.ts";
import { BalancerError, type ErrorCode } from "./core/errors.ts";
import { printableLines } from "./core/printable.ts";
import { addCompletions } from "./store-commands/completions-command.ts";
import { addExplain } from "./store-commands/explain-command.ts";
import {
  choice,
  completes,
  examples,
  inGroup,
} from "./store-commands/help-text.ts";
import { addOverviewCommands } from "./store-commands/overview-commands.ts";
import { addSplitCommand } from "./store-commands/split-command.ts";
import { addTasksCommands } from "./store-commands/tasks-commands.ts";

/** What somebody wrote cannot be meant. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  "INVALID_ARGUMENT",
  "INVALID_CONFIG",
  "OUT_OF_RANGE",
  "FORBIDDEN_KEY",
]);

/** What every command may know of where it runs. */
const surroundings = () => ({
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
});

interface ReplayOptions {
  readonly trace: string;
  readonly format: string;
  readonly json?: boolean;
}

/** `afterDashes`: how many of the words come after `--`. */
function program(afterDashes: number): Command {
  const root = new Command("flow-balancer")
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ writeOut: printHelp })
    .addHelpText("after", ROOT_HELP);
  server(root, "mcp", "serve MCP over stdin and stdout", async (argv) => {
    const { serveStdioMain } = await import("./server.ts");
    return serveStdioMain(argv);
  });
  server(root, "serve", "serve MCP over HTTP, on loopback", async (argv) => {
    const { serveHttpMain } = await import("./serve.ts");
    return serveHttpMain(argv);
  });
  addOverviewCommands(root);
  addExplain(root);
  addTasksCommands(root, afterDashes);
  addSplitCommand(root);
  replayCommand(root);
  initCommand(root);
  doctorCommand(root);
  addCompletions(root);
  root.addHelpCommand(
    inGroup(new Command("help"), "setUp")
      .argument("[command]")
      .description("say more of a command")
      .helpOption(false),
  );
  return root;
}

const ROOT_HELP = `${examples(
  "serve",
  "status --watch",
  "tasks list --state failed,timed_out --since 1h",
  "stats --since 15min",
)}

'flow-balancer <command> --help' says more of each. NO_COLOR=1 leaves out the colours.`;

function initCommand(root: Command): void {
  inGroup(root.command("init"), "setUp")
    .description("print, or write, a client's configuration for this server")
    .addOption(
      completes(
        new Option("--client <name>", CLIENTS.join(", ")).makeOptionMandatory(),
        CLIENTS,
      ),
    )
    .option("--write", "merge it into the client's file, keeping a backup")
    .addHelpText(
      "after",
      examples("init --client claude", "init --client cursor --write"),
    )
    .action(async (options: InitOptions) => {
      const { init } = await import("./commands/init.ts");
      const { data, note } = init(options, surroundings());
      print(data);
      process.stderr.write(`${note}\n`);
    });
}

const LEARNERS = [
  "tiers",
  "timeouts",
  "granularity",
  "waste",
  "aggregation",
  "router",
] as const;

function replayCommand(root: Command): void {
  inGroup(root.command("replay"), "learn")
    .description("replay a learner on a recorded trace, beside the simple rule")
    .addArgument(
      completes(
        new Argument("<what>", `which learner: ${LEARNERS.join(", ")}`),
        LEARNERS,
      ),
    )
    .requiredOption("--trace <file>", "CSV, or CSV in gzip")
    .addOption(
      choice("--format <format>", "how to print it", ["text", "json"]).default(
        "text",
      ),
    )
    .option("--json", "one JSON object; as --format json")
    .addHelpText(
      "after",
      examples(
        "replay timeouts --trace runs.csv.gz",
        "replay tiers --trace runs.csv --json",
      ),
    )
    .action(
      async (
        what: string,
        { trace, format, json = format === "json" }: ReplayOptions,
      ) => {
        const { replay } = await import("./replay/replay.ts");
        print(await replay(what, { trace, json }));
      },
    );
}

function doctorCommand(root: Command): void {
  inGroup(root.command("doctor"), "setUp")
    .description("say what is missing or wrong here, and how to mend it")
    .option("--json", "one JSON object")
    .addHelpText("after", examples("doctor", "doctor --json"))
    .action(async ({ json = false }: { json?: boolean }) => {
      const { doctor } = await import("./commands/doctor.ts");
      const { probeWorker } = await import("./probe-worker.ts");
      const { probeStore } = await import("./store-commands/probe-store.ts");
      const report = await doctor(surroundings(), {
        worker: probeWorker,
        store: probeStore,
      });
      print(json ? JSON.stringify(report.json) : report.text);
      process.exitCode = report.exitCode;
    });
}

/** A command that runs until it is stopped; its options are settings, which it reads by itself. */
function server(
  root: Command,
  name: string,
  description: string,
  run: (argv: string[]) => Promise<number>,
): void {
  inGroup(root.command(name), "serve")
    .description(description)
    .usage("[settings]")
    .argument("[settings...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (argv: string[]) => {
      // Open handles of a connection that ended must not keep the process.
      if (!argv.includes("--help") && !argv.includes("-h"))
        process.exit(await run(argv));
      const { describeFlags } = await import("./config/parse-flags.ts");
      print(
        `Usage: flow-balancer ${name} [settings]\n\n${description}\n\nSettings:\n${describeFlags()}\n${examples(name, `${name} --pool-max-workers 4`)}`,
      );
    });
}

function print(text: string): void {
  endQuietlyUnread(EXIT.ok);
  process.stdout.write(`${text}\n`);
}

/** Examples and explanations are written for 100 columns; a narrower terminal gets them wrapped. */
function printHelp(text: string): void {
  endQuietlyUnread(EXIT.ok);
  const { isTTY, columns } = process.stdout;
  process.stdout.write(
    isTTY && columns > 0 ? wrappedText(text, columns) : text,
  );
}

/** The exit code of what a command threw; says on stderr what it was. */
function failure(thrown: unknown): number {
  // commander has said what was wrong, and help is no error.
  if (thrown instanceof CommanderError)
    return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(thrown instanceof BalancerError)) throw thrown;
  const hint = thrown.hint === undefined ? "" : `\n${thrown.hint}`;
  process.stderr.write(`${printableLines(thrown.message + hint)}\n`);
  return USAGE.has(thrown.code) ? EXIT.usage : EXIT.failed;
}

/** A client that starts us without a word talks MCP; a person gets help. */
const argv = process.argv.slice(2);
const words = argv.length > 0 ? argv : [process.stdin.isTTY ? "--help" : "mcp"];
const dashes = words.indexOf("--");
const afterDashes = dashes < 0 ? 0 : words.length - dashes - 1;
try {
  await program(afterDashes).parseAsync(words, { from: "user" });
} catch (thrown) {
  process.exitCode = failure(thrown);
}
