#!/usr/bin/env -S bun --config=/dev/null --no-env-file --no-install
/**
 * The command line. Each command's code is loaded only when it is asked for. Data goes to
 * stdout, everything else to stderr; exit codes: 0 ok, 1 failed, 2 usage, 3 not running,
 * 4 degraded, 124 timeout, 130 interrupted.
 */

import { Command, CommanderError, Option } from "commander";
import { homedir } from "node:os";
import manifest from "../package.json" with { type: "json" };
import { EXIT } from "./commands/answer.ts";
import type { InitOptions } from "./commands/init.ts";
import { BalancerError, type ErrorCode } from "./core/errors.ts";
import { printableLines } from "./core/printable.ts";
import { addExplainRoute } from "./store-commands/explain-route-command.ts";
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
    .configureHelp({ showGlobalOptions: false });
  server(root, "mcp", "serve MCP over stdin and stdout", async (argv) => {
    const { serveStdioMain } = await import("./server.ts");
    return serveStdioMain(argv);
  });
  server(root, "serve", "serve MCP over HTTP, on loopback", async (argv) => {
    const { serveHttpMain } = await import("./serve.ts");
    return serveHttpMain(argv);
  });
  root
    .command("init")
    .description("print, or write, a client's configuration for this server")
    .requiredOption("--client <name>", "claude, cursor, vscode or codex")
    .option("--write", "merge it into the client's file, keeping a backup")
    .action(async (options: InitOptions) => {
      const { init } = await import("./commands/init.ts");
      const { data, note } = init(options, surroundings());
      print(data);
      process.stderr.write(`${note}\n`);
    });
  doctorCommand(root);
  addOverviewCommands(root);
  addTasksCommands(root, afterDashes);
  addSplitCommand(root);
  explanations(root);
  replayCommand(root);
  return root;
}

function replayCommand(root: Command): void {
  root
    .command("replay")
    .description("replay a learner on a recorded trace, beside the simple rule")
    .argument(
      "<what>",
      "which learner: tiers, timeouts, granularity, waste, aggregation or router",
    )
    .requiredOption("--trace <file>", "CSV, or CSV in gzip")
    .addOption(
      new Option("--format <format>", "how to print it")
        .choices(["text", "json"])
        .default("text"),
    )
    .option("--json", "one JSON object; as --format json")
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
  root
    .command("doctor")
    .description("say what is missing or wrong here, and how to mend it")
    .option("--json", "one JSON object")
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

/** What else can be explained becomes a subcommand of it: no task's id is a word. */
function explanations(root: Command): void {
  addExplainRoute(
    root
      .command("explain")
      .description("say why a task ran where it did, and how far off that was")
      .argument("<task>", "a task's id")
      .option("--json", "one JSON object")
      .action(async (task: string, { json = false }: { json?: boolean }) => {
        const { explain } = await import("./explain.ts");
        const { bunEnv } = await import("./env.ts");
        print(explain(task, { json }, surroundings(), bunEnv));
      }),
  );
}

/** A command that runs until it is stopped; its options are settings, which it reads by itself. */
function server(
  root: Command,
  name: string,
  description: string,
  run: (argv: string[]) => Promise<number>,
): void {
  root
    .command(name)
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
        `Usage: flow-balancer ${name} [settings]\n\n${description}\n\nSettings:\n${describeFlags()}`,
      );
    });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
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
