/** The commands `status`, `stats`, `instances`, `sessions`, `timeout-stats` and `top`: their names, options and help. What they do is loaded when it is asked for. */

import type { Command } from "commander";
import {
  answer,
  as,
  here,
  JSON_OPTION,
  type Reading,
  WATCH_OPTION,
} from "./answering.ts";
import { examples, inGroup } from "./help-text.ts";
import type { StatsOptions } from "./stats.ts";

interface Options extends Reading {
  readonly all?: true;
}

export function addOverviewCommands(root: Command): void {
  statusCommand(root);
  statsCommand(root);
  topCommand(root);
  instancesCommand(root);
  sessionsCommand(root);
  timeoutsCommand(root);
}

/** A command that reads, with its own options and, after them, what all of these take. */
function reading(
  root: Command,
  name: string,
  description: string,
  own: readonly [flags: string, description: string, value?: string][] = [],
): Command {
  const command = inGroup(root.command(name), "look").description(description);
  for (const option of own) command.option(...option);
  return command.option(...WATCH_OPTION).option(...JSON_OPTION);
}

const statusCommand = (root: Command): Command =>
  reading(
    root,
    "status",
    "say whether a server runs here, and how the work stands",
  )
    .addHelpText("after", STATUS_HELP)
    .action((options: Options) =>
      answer(async () => {
        const { status } = await import("./status.ts");
        return status(here(), as(options));
      }, options),
    );

const statsCommand = (root: Command): Command =>
  reading(root, "stats", "how much ended lately, how, and how fast", [
    ["--since <when>", "ended since: 90s, 5min, 2h, 1d, or a date", "1h"],
    ["--kind <kind>", "of this kind alone"],
  ])
    .addHelpText("after", STATS_HELP)
    .action((options: StatsOptions & Reading) =>
      answer(async () => {
        const { stats } = await import("./stats.ts");
        return stats(options, here(), as(options));
      }, options),
    );

const topCommand = (root: Command): Command =>
  inGroup(root.command("top"), "look")
    .description("watch the servers, their tasks and the board, full-screen")
    .addHelpText("after", TOP_HELP)
    .action(async () => {
      const { top } = await import("./top.ts");
      await top(here());
    });

const instancesCommand = (root: Command): Command =>
  reading(
    root,
    "instances",
    "the servers of this home: those that run, and the last that ended",
    [["--all", "all that ended within a week, instead of the last 10"]],
  )
    .addHelpText("after", INSTANCES_HELP)
    .action((options: Options) =>
      answer(async () => {
        const { instances } = await import("./instances.ts");
        return instances({ all: options.all === true }, here(), as(options));
      }, options),
    );

const sessionsCommand = (root: Command): Command =>
  reading(root, "sessions", "the open sessions, the last used first", [
    ["--all", "closed ones too"],
  ])
    .addHelpText("after", examples("sessions --all", "sessions --json"))
    .action((options: Options) =>
      answer(async () => {
        const { sessions } = await import("./sessions.ts");
        return sessions({ all: options.all === true }, here(), as(options));
      }, options),
    );

const timeoutsCommand = (root: Command): Command =>
  reading(
    root,
    "timeout-stats",
    "how long tasks run, and how long they may run now",
  )
    .argument("[kind]", "what within this kind runs alike; else all kinds")
    .addHelpText("after", TIMEOUTS_HELP)
    .action((kind: string | undefined, options: Options) =>
      answer(async () => {
        const { timeoutStats } = await import("./timeout-stats.ts");
        return timeoutStats({ kind: kind ?? null }, here(), as(options));
      }, options),
    );

const TIMEOUTS_HELP = `
  limit       a run that gives no signs of life is ended after so long
  longest     so long may one take that prints, or tells of its progress
  would kill  of the remembered runs that completed, those that were longer
A timeout_ms of a task or of its kind ([kinds.NAME]) always wins.
${examples("timeout-stats", "timeout-stats shell --json")}`;

const STATUS_HELP = `
Exit codes:
  0  a server runs
  3  none does; what is stored is shown all the same
  4  something is wrong: a server that died and was not cleaned up after, one that
     says nothing, leases that nobody took back, a home or store that cannot be used
${examples("status", "status --watch 5", "status --json || echo 'not well'")}`;

const STATS_HELP = `
Attempts of tasks of the pool whose holder said how they ended, as they are stored:
  failed      ended other than completed or cancelled
  found       what it found when it was placed: a worker hot (bound to its session), warm (its
              kind's code loaded) or cold; cold in the table is the share of these
  wait, start of all that reached a worker
  run         of those that ended by themselves; one that was cut off has no length of its own
  efficiency  run / (wait + start + run), of the same, added up over all
A percentile that takes more attempts than there are is '-'.
${examples("stats --since 15min", "stats --kind shell --watch", "stats --since 1d --json")}`;

const TOP_HELP = `
Keys: 1-4 or tab another view, / filter, p pause, j k up and down, ? help, q quit.
${examples("top")}`;

const INSTANCES_HELP = `
States:
  alive    it runs
  silent   its process is there, but has said nothing for a minute
  gone     its process is not there any more, and nobody has noted that yet
  stopped  it ended by itself
  died     it was found dead, and its work went back to the queue
${examples("instances", "instances --all --json")}`;
