/** `flow-balancer completions <shell>`: made of the commands as they are, so that they cannot fall behind. */

import type { Argument, Command, Option } from "commander";
import { bashCompletion } from "../commands/completions/bash.ts";
import {
  type CompletedCommand,
  type CompletedOption,
  type CompletedValue,
  SHELLS,
} from "../commands/completions/completion-tree.ts";
import { fishCompletion } from "../commands/completions/fish.ts";
import { zshCompletion } from "../commands/completions/zsh.ts";
import { oneOf } from "../commands/option-values.ts";
import { SETTING_NAMES } from "../config/setting-names.ts";
import { BalancerError } from "../core/errors.ts";
import { completionsOf } from "./help-text.ts";

const MAKE = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const;

/** Throws INVALID_ARGUMENT. */
export function completions(shell: string | undefined, root: Command): string {
  if (shell === undefined)
    throw new BalancerError("INVALID_ARGUMENT", "which shell is not said", {
      hint: `Allowed: ${SHELLS.join(", ")}.`,
    });
  return MAKE[oneOf(shell, SHELLS, "the shell")](completed(root, ""));
}

/** The command and all below it. */
function completed(command: Command, path: string): CompletedCommand[] {
  const below = command.createHelp().visibleCommands(command);
  return [
    {
      path,
      description: command.description(),
      subcommands: below.map((it) => ({
        name: it.name(),
        description: it.description(),
      })),
      options: optionsOf(command),
      operand: operandOf(command.registeredArguments),
    },
    ...below
      .filter((it) => it.name() !== "help")
      .flatMap((it) => completed(it, `${path} ${it.name()}`.trim())),
  ];
}

/** Those of a server are settings, which commander does not know of. */
function optionsOf(command: Command): CompletedOption[] {
  if (command.registeredArguments.some((it) => it.name() === "settings"))
    return SETTING_NAMES.map(({ flag, key, rule: { form } }) => ({
      names: [flag],
      description: key,
      value:
        form === "boolean"
          ? ["true", "false"]
          : form === "text"
            ? "files"
            : "none",
    }));
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.long, option.short].flatMap((name) => name ?? []),
      description: option.description,
      value: valueOf(option),
    }));
}

const TAKES_IDS = new Set(["--after", "--evidence-task"]);

function valueOf(option: Option): CompletedValue | null {
  // What may be left out is not asked for: the next word may be something else.
  if (!option.required) return null;
  if (TAKES_IDS.has(option.long ?? "")) return "ids";
  const names = completionsOf(option);
  if (names.length > 0) return names;
  return /<(?:file|path)>/.test(option.flags) ? "files" : "none";
}

function operandOf(all: readonly Argument[]): CompletedValue | null {
  const [argument] = all;
  if (argument === undefined) return null;
  if (argument.name() === "id" || argument.name() === "task") return "ids";
  const names = completionsOf(argument);
  return names.length > 0 ? names : null;
}
