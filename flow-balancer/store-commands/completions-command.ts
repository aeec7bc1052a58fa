/** The command `completions`: its options and help. What it does is loaded when it is asked for. */

import { Argument, type Command, Option } from "commander";
import { SHELLS } from "../commands/completions/completion-tree.ts";
import { answer, here } from "./answering.ts";
import { completes, examples, inGroup } from "./help-text.ts";

export function addCompletions(root: Command): void {
  inGroup(root.command("completions"), "setUp")
    .description("print the script with which a shell completes this program")
    .addArgument(
      completes(new Argument("[shell]", "bash, zsh or fish"), SHELLS),
    )
    .addOption(
      new Option(
        "--ids <prefix>",
        "the newest ids of tasks that begin so, for those scripts",
      ).hideHelp(),
    )
    .addHelpText("after", HELP)
    .action(
      async (shell: string | undefined, { ids }: { readonly ids?: string }) => {
        if (ids !== undefined) {
          const { newestIds } = await import("./newest-ids.ts");
          process.stdout.write(newestIds(ids, here()));
          return;
        }
        await answer(async () => {
          const { completions } = await import("./completions.ts");
          return { data: completions(shell, root) };
        });
      },
    );
}

const HELP = `
Put what it prints where your shell reads it:
  bash  echo 'eval "$(flow-balancer completions bash)"' >> ~/.bashrc
  zsh   flow-balancer completions zsh > ~/.zfunc/_flow-balancer   # a folder in fpath
  fish  flow-balancer completions fish > ~/.config/fish/completions/flow-balancer.fish
${examples("completions bash")}`;
