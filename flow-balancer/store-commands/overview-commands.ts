/** The commands `status`, `instances`, `sessions` and `timeout-stats`: their names, options and help. What they do is loaded when it is asked for. */

import type { Command } from "commander";
import { answer, as, here, JSON_OPTION } from "./answering.ts";

interface Options {
  readonly all?: true;
  readonly json?: true;
}

export function addOverviewCommands(root: Command): void {
  root
    .command("status")
    .description("say whether a server runs here, and how the work stands")
    .option(...JSON_OPTION)
    .addHelpText("after", STATUS_HELP)
    .action((options: Options) =>
      answer(async () => {
        const { status } = await import("./status.ts");
        return status(here(), as(options));
      }),
    );
  root
    .command("instances")
    .description(
      "the servers of this home: those that run, and the last that ended",
    )
    .option("--all", "all that ended within a week, instead of the last 10")
    .option(...JSON_OPTION)
    .addHelpText("after", INSTANCES_HELP)
    .action((options: Options) =>
      answer(async () => {
        const { instances } = await import("./instances.ts");
        return instances({ all: options.all === true }, here(), as(options));
      }),
    );
  root
    .command("sessions")
    .description("the open sessions, the last used first")
    .option("--all", "closed ones too")
    .option(...JSON_OPTION)
    .action((options: Options) =>
      answer(async () => {
        const { sessions } = await import("./sessions.ts");
        return sessions({ all: options.all === true }, here(), as(options));
      }),
    );
  root
    .command("timeout-stats")
    .description("how long tasks run, and how long they may run now")
    .argument("[kind]", "what within this kind runs alike; else all kinds")
    .option(...JSON_OPTION)
    .addHelpText("after", TIMEOUTS_HELP)
    .action((kind: string | undefined, options: Options) =>
      answer(async () => {
        const { timeoutStats } = await import("./timeout-stats.ts");
        return timeoutStats({ kind: kind ?? null }, here(), as(options));
      }),
    );
}

const TIMEOUTS_HELP = `
  limit       a run that gives no signs of life is ended after so long
  longest     so long may one take that prints, or tells of its progress
  would kill  of the remembered runs that completed, those that were longer
A timeout_ms of a task or of its kind ([kinds.NAME]) always wins.`;

const STATUS_HELP = `
Exit codes:
  0  a server runs
  3  none does; what is stored is shown all the same
  4  something is wrong: a server that died and was not cleaned up after, one that
     says nothing, leases that nobody took back, a home or store that cannot be used`;

const INSTANCES_HELP = `
States:
  alive    it runs
  silent   its process is there, but has said nothing for a minute
  gone     its process is not there any more, and nobody has noted that yet
  stopped  it ended by itself
  died     it was found dead, and its work went back to the queue`;
