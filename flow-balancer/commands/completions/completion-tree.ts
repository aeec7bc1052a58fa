/** What can be completed, command by command: what the scripts of all shells are made of. */

export const SHELLS = ["bash", "zsh", "fish"] as const;

export interface CompletedOption {
  /** `--since`, `-h`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null: it takes none. */
  readonly value: CompletedValue | null;
}

/** Some of these words, the newest ids of tasks, paths, or something nobody can guess. */
export type CompletedValue = readonly string[] | "ids" | "files" | "none";

export interface CompletedCommand {
  /** The words that lead here: `tasks show`; "": the program itself. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly {
    readonly name: string;
    readonly description: string;
  }[];
  readonly options: readonly CompletedOption[];
  /** Of its arguments, one like the other; null: it takes none. */
  readonly operand: CompletedValue | null;
}

export const wordsOf = (value: CompletedValue): string =>
  typeof value === "string" ? value : value.join(" ");

/** Options that take the same, together: their names and that. */
export function byValue(
  options: readonly CompletedOption[],
): [names: string, value: CompletedValue][] {
  const groups = Map.groupBy(
    options.flatMap(({ names, value }) =>
      value === null ? [] : [{ names, value }],
    ),
    ({ value }) => wordsOf(value),
  );
  return [...groups.values()].map((group) => [
    group.flatMap(({ names }) => names).join("|"),
    group[0]?.value ?? "none",
  ]);
}

/** As the first line says it, without what a shell would read. */
export const oneLine = (text: string): string =>
  text.replace(/["'`$\\\n\t:[\]()<>]+/g, " ").trim();

/** Names of functions and conditions: `tasks show` as `tasks_show`. */
export const asName = (path: string): string =>
  path.replaceAll(/[^a-z0-9]+/g, "_");
