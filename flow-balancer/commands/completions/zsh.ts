/** The completion of zsh, with what each word means. It walks the words to find the command, as that of bash does. */

import {
  byValue,
  type CompletedCommand,
  type CompletedValue,
  oneLine,
  wordsOf,
} from "./completion-tree.ts";

export const zshCompletion = (
  commands: readonly CompletedCommand[],
): string => `#compdef flow-balancer
_flow_balancer() {
  local cur=$words[CURRENT] prev="" at="" word
  local -a subcommands options operand
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    case "$at $word" in
${commands
  .filter(({ path }) => path !== "")
  .map(({ path }) => {
    const words = path.split(" ");
    const parent = words.slice(0, -1).join(" ");
    return `      "${parent} ${words.at(-1) ?? ""}") at="${path}" ;;`;
  })
  .join("\n")}
    esac
  done
  ((CURRENT > 1)) && prev=$words[CURRENT-1]
  case "$at" in
${commands.map(caseOf).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    _describe -o 'option' options
    return
  fi
  ((\${#subcommands})) && _describe 'command' subcommands
  case "$operand" in
    "" | none) ;;
    files) _files ;;
    ids) _flow_balancer_ids ;;
    *) compadd -- $operand ;;
  esac
}

_flow_balancer_ids() {
  local -a ids
  ids=(\${(f)"$($words[1] completions --ids "$words[CURRENT]" 2>/dev/null)"})
  compadd -V ids -- $ids
}

if [[ $funcstack[1] == _flow_balancer ]]; then _flow_balancer "$@"; else compdef _flow_balancer flow-balancer; fi`;

function caseOf({
  path,
  subcommands,
  options,
  operand,
}: CompletedCommand): string {
  const values = byValue(options).map(
    ([names, value]) => `        ${names}) ${offer(value)}; return ;;`,
  );
  return `    "${path}")
      subcommands=(${subcommands.map(described).join(" ")})
      options=(${options.flatMap(({ names, description }) => names.map((name) => described({ name, description }))).join(" ")})
      operand=(${operand === null ? "" : wordsOf(operand)})${
        values.length === 0
          ? ""
          : `
      case "$prev" in
${values.join("\n")}
      esac`
      } ;;`;
}

const described = ({
  name,
  description,
}: {
  readonly name: string;
  readonly description: string;
}): string => `'${name}:${oneLine(description)}'`;

const OFFERS = {
  ids: "_flow_balancer_ids",
  files: "_files",
  none: "_message 'a value'",
} as const;

const offer = (value: CompletedValue): string =>
  typeof value === "string" ? OFFERS[value] : `compadd -- ${value.join(" ")}`;
