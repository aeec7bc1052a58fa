/** `[[experts]]`: what each must say beside what a single value must be, and the form the program reads them in. */

import type { Expert } from "../core/expert.ts";
import { didYouMean } from "../core/nearest-name.ts";
import type { Settings } from "./settings.ts";

type Said = NonNullable<Settings["experts"]>[number];

const BUILT_IN = ["shell", "script"];

export const expertConfig = ({
  name,
  kinds,
  task,
  command,
  input = {},
  cost = 0,
  capabilities = [],
}: Said): Expert => ({
  name,
  kinds,
  run:
    command === undefined
      ? { kind: task ?? "", input }
      : {
          kind: "shell",
          input: { ...input, argv: [...command] },
          readsStdin: true,
        },
  cost,
  capabilities,
});

/** What is wrong with experts whose values are right alone, a line each. */
export function expertProblems(
  { experts = [], kinds = {} }: Pick<Settings, "experts" | "kinds">,
  origins: Readonly<Record<string, string>>,
): string[] {
  const known = [...BUILT_IN, ...Object.keys(kinds)];
  const names = experts.map(({ name }) => name);
  const served = new Set(experts.flatMap((it) => it.kinds));
  return experts.flatMap(({ name, task, command }, at) => {
    const problem = (what: string): string =>
      `${origins[`experts.${at}`]}: key 'experts' (${name}) ${what}`;
    return [
      ...(names.indexOf(name) < at
        ? [problem("has the name of another expert: each needs its own")]
        : []),
      ...((task === undefined) === (command === undefined)
        ? [problem("must have either task (a kind) or command (a list)")]
        : []),
      ...(served.has(command === undefined ? (task ?? "") : "shell")
        ? [
            problem(
              `runs as '${task ?? "shell"}', which experts serve: its task would be given to an expert again`,
            ),
          ]
        : []),
      ...(task === undefined || known.includes(task)
        ? []
        : [
            problem(
              `runs as '${task}', and there is no such kind${didYouMean(task, known)}: add [kinds.${task}]`,
            ),
          ]),
    ];
  });
}
