/** The command `explain`: its options and help. What it does is loaded when it is asked for. */

import type { Command } from "commander";
import { answer, as, here, type Reading, WATCH_OPTION } from "./answering.ts";
import { addExplainRoute } from "./explain-route-command.ts";
import { examples, inGroup } from "./help-text.ts";

/** What else can be explained becomes a subcommand of it: no task's id is a word. */
export function addExplain(root: Command): void {
  const explain = inGroup(root.command("explain"), "look")
    .description("say why a task ran where it did, and how far off that was")
    .argument("<task>", "a task's id")
    .option(...WATCH_OPTION)
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      examples(
        "explain task_0199",
        "explain route --kind review --text 'look at the parser'",
      ),
    )
    .action((task: string, options: Reading) =>
      answer(async () => {
        const { explain: explainTask } = await import("../explain.ts");
        const { around, env } = here();
        return { data: explainTask(task, as(options), around, env) };
      }, options),
    );
  addExplainRoute(explain);
}
