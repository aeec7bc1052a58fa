/** The completion of bash. It walks the words to find the command, then offers what that one takes. */

import { byValue, type CompletedCommand, wordsOf } from "./completion-tree.ts";

export const bashCompletion = (
  commands: readonly CompletedCommand[],
): string => `# bash completion of flow-balancer
_flow_balancer() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev="" path="" word i
  local subcommands="" options="" values="" operand=""
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$path $word" in
${commands
  .filter(({ path }) => path !== "")
  .map(
    ({ path }) =>
      `      "${parentOf(path)} ${lastOf(path)}") path="${path}" ;;`,
  )
  .join("\n")}
    esac
  done
  ((COMP_CWORD > 0)) && prev=\${COMP_WORDS[COMP_CWORD-1]}
  case "$path" in
${commands.map(caseOf).join("\n")}
  esac
  case "$values" in
    "") ;;
    none) return ;;
    files) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ids) _flow_balancer_ids "$cur"; return ;;
    *) COMPREPLY=($(compgen -W "$values" -- "$cur")); return ;;
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  fi
  case "$operand" in
    "" | none) ;;
    files) COMPREPLY=($(compgen -f -- "$cur")) ;;
    ids) _flow_balancer_ids "$cur" ;;
    *) COMPREPLY=($(compgen -W "$operand" -- "$cur")) ;;
  esac
  COMPREPLY+=($(compgen -W "$subcommands" -- "$cur"))
}

_flow_balancer_ids() {
  COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completions --ids "$1" 2>/dev/null)" -- "$1"))
}

complete -F _flow_balancer flow-balancer`;

const parentOf = (path: string): string =>
  path.split(" ").slice(0, -1).join(" ");
const lastOf = (path: string): string => path.split(" ").at(-1) ?? "";

function caseOf(command: CompletedCommand): string {
  const { path, subcommands, options, operand } = command;
  const values = byValue(options).map(
    ([names, value]) => `        ${names}) values="${wordsOf(value)}" ;;`,
  );
  return `    "${path}")
      subcommands="${subcommands.map(({ name }) => name).join(" ")}"
      options="${options.flatMap(({ names }) => names).join(" ")}"
      operand="${operand === null ? "" : wordsOf(operand)}"${
        values.length === 0
          ? ""
          : `
      case "$prev" in
${values.join("\n")}
      esac`
      } ;;`;
}
