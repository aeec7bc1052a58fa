/** The command `recommend-split`: its options and help. What it does is loaded when it is asked for. */

import type { Command } from "commander";
import { answer, as, here, JSON_OPTION } from "./answering.ts";
import { examples, inGroup } from "./help-text.ts";
import type { SplitOptions } from "./recommend-split.ts";

export function addSplitCommand(root: Command): void {
  inGroup(root.command("recommend-split"), "learn")
    .description(
      "say into how many subtasks work is best cut, from what was learned, and why",
    )
    .requiredOption("--complexity <n>", "1 (plain) to 10")
    .option("--work-ms <ms>", "all of the work, one after the other")
    .option("--work-tokens <n>", "the same in tokens")
    .option(
      "--kind <name>",
      "of its items: their work and overhead were learned",
    )
    .option("--items <n>", "how many of the kind's items the work is")
    .option("--workers <n>", "otherwise as many as pool.max_workers says")
    .option("--min-efficiency <share>", "least work / (work + overhead)", "0.9")
    .option("--overhead-ms <ms>", "of each subtask; otherwise as learned")
    .option(
      "--overhead-tokens <n>",
      "of context that each subtask is told again",
    )
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        "recommend-split --complexity 5 --work-ms 60000",
        "recommend-split --complexity 3 --kind shell --items 40",
      ),
    )
    .action((options: SplitOptions & { readonly json?: true }) =>
      answer(async () => {
        const { recommendSplitHere } = await import("./recommend-split.ts");
        return recommendSplitHere(options, here(), as(options));
      }),
    );
}
