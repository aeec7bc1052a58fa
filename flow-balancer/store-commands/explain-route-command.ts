/** The command `explain route`: its options and help. What it does is loaded when it is asked for. */

import type { Command } from "commander";
import { answer, as, here, JSON_OPTION } from "./answering.ts";
import { examples } from "./help-text.ts";

interface Options {
  readonly kind?: string;
  readonly text?: string;
  readonly needs?: string;
  readonly check?: true;
  readonly json?: true;
}

/** `explain` takes --json too, and what it takes it keeps. */
export function addExplainRoute(explain: Command): void {
  explain
    .command("route")
    .description(
      "say why a task went to an expert, or where one would go now, and at which odds",
    )
    .argument("[task]", "a task's id; else say --kind")
    .option("--kind <name>", "a kind that experts serve")
    .option("--text <text>", "what the task would ask")
    .option("--needs <names>", "capabilities it needs, comma between")
    .option("--check", "a check tells a bad result, so others can be asked")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        "explain route task_0199",
        "explain route --kind review --needs rust --check",
      ),
    )
    .action((task: string | undefined, _: Options, command: Command) =>
      answer(async () => {
        const { explainRoute } = await import("./explain-route.ts");
        const options: Options = command.optsWithGlobals();
        const { kind = null, text = null, needs = null, check } = options;
        return explainRoute(
          { taskId: task ?? null, kind, text, needs, hasCheck: check === true },
          here(),
          as(options),
        );
      }),
    );
}
