/** The completion of fish: one line for each word that can be typed, under the condition that its command was. */

import {
  asName,
  type CompletedCommand,
  type CompletedOption,
  type CompletedValue,
  oneLine,
} from "./completion-tree.ts";

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return [
    "# fish completion of flow-balancer",
    "function __flow_balancer_ids",
    "    flow-balancer completions --ids (commandline -ct) 2>/dev/null",
    "end",
    ...commands.flatMap(({ path }) => condition(path, commands)),
    "complete -c flow-balancer -f",
    ...commands.flatMap(linesOf),
  ].join("\n");
}

/** Whether the words typed so far lead to this command and no further. */
function condition(
  path: string,
  commands: readonly CompletedCommand[],
): string[] {
  const below = commands.find((it) => it.path === path)?.subcommands ?? [];
  const words = path === "" ? [] : path.split(" ");
  return [
    `function __flow_balancer_at_${asName(path)}`,
    ...words.map(
      (word) => `    __fish_seen_subcommand_from ${word}; or return 1`,
    ),
    ...(below.length === 0
      ? []
      : [
          `    not __fish_seen_subcommand_from ${below.map(({ name }) => name).join(" ")}`,
        ]),
    ...(words.length === 0 && below.length === 0 ? ["    true"] : []),
    "end",
  ];
}

function linesOf(command: CompletedCommand): string[] {
  const { path, subcommands, options, operand } = command;
  const start = `complete -c flow-balancer -n __flow_balancer_at_${asName(path)}`;
  return [
    ...subcommands.map(
      ({ name, description }) =>
        `${start} -a ${name} -d '${oneLine(description)}'`,
    ),
    ...options.map((option) => `${start}${optionWords(option)}`),
    ...(operand === null ? [] : [`${start}${valueWords(operand)}`]),
  ];
}

const optionWords = ({ names, description, value }: CompletedOption): string =>
  [
    ...names.map((name) =>
      name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
    ),
    ` -d '${oneLine(description)}'`,
    ...(value === null
      ? []
      : [value === "files" ? " -r" : " -x", valueWords(value)]),
  ].join("");

const OFFERS = {
  // The newest first, as they are given.
  ids: " -k -a '(__flow_balancer_ids)'",
  files: " -F",
  none: "",
} as const;

const valueWords = (value: CompletedValue): string =>
  typeof value === "string" ? OFFERS[value] : ` -a '${value.join(" ")}'`;
