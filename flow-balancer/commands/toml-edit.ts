/** Sets keys of one table in a TOML text and leaves every other line as it is. */

import { tomlStatements } from "../config/toml-lines.ts";

/** The table is added at the end if it is not there. Values: strings and lists of strings. */
export function setTable(
  text: string,
  path: readonly string[],
  values: Readonly<Record<string, string | readonly string[]>>,
): string {
  const lines = text.split("\n");
  const statements = tomlStatements(text);
  const isPath = (other: readonly string[]): boolean =>
    other.length === path.length && other.every((it, at) => it === path[at]);
  const ours = Object.entries(values).map(
    ([key, value]) => `${key} = ${JSON.stringify(value)}`,
  );
  const header = statements.find(
    (it) => it.type === "table" && isPath(it.path),
  );
  if (header === undefined) {
    const before = text.trimEnd();
    const block = [`[${path.map(keyText).join(".")}]`, ...ours].join("\n");
    return `${before}${before === "" ? "" : "\n\n"}${block}\n`;
  }
  const replaced = new Set(
    statements
      .filter((it) => it.type === "key" && isPath(it.path.slice(0, -1)))
      .filter((it) => Object.hasOwn(values, it.path.at(-1) ?? ""))
      .flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index),
      ),
  );
  return lines
    .flatMap((line, index) => {
      if (index === header.from) return [line, ...ours];
      return replaced.has(index) ? [] : [line];
    })
    .join("\n");
}

const keyText = (key: string): string =>
  /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
