/** What stands at the end of a command's help: how it is really written. And which of its words can be completed. */

import { type Argument, type Command, Option } from "commander";
import { oneOf } from "../commands/option-values.ts";

/** Each as it is typed, without the program's name; after a `#`, what it is for. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  flow-balancer ${line}`).join("\n")}`;

/** An option that takes one of `names`: another is refused with what was probably meant. */
export function choice(
  flags: string,
  description: string,
  names: readonly string[],
): Option {
  const option = new Option(flags, description).choices(names);
  const name = option.long ?? flags;
  return option.argParser((text: string) => oneOf(text, names, name));
}

/** What can be completed but is checked elsewhere, by the option or argument it belongs to. */
const COMPLETED = new WeakMap<Option | Argument, readonly string[]>();

export function completes<Of extends Option | Argument>(
  of: Of,
  names: readonly string[],
): Of {
  COMPLETED.set(of, names);
  return of;
}

export const completionsOf = (of: Option | Argument): readonly string[] =>
  COMPLETED.get(of) ?? of.argChoices ?? [];

/** The headings under which the commands stand in the help. */
const GROUPS = {
  serve: "Serve:",
  look: "Look:",
  work: "Work:",
  learn: "Learned:",
  setUp: "Set up:",
} as const;

export const inGroup = (
  command: Command,
  group: keyof typeof GROUPS,
): Command => command.helpGroup(GROUPS[group]);
