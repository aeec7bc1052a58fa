/**
 * The settings in force and where each came from, for people. No setting holds a secret: kinds
 * name the variables they want, and values of variables are never part of a configuration.
 */

import type { Config } from "./shape.ts";
import type { JsonValue } from "../core/json.ts";

/** `{"pool.max_workers": {value: 8, origin: "default"}, ...}`, keys as in a file. */
export function effectiveConfig(config: Config): JsonValue {
  const { origins, warnings, kinds, projectRoot, ...settings } = config;
  const values = [
    ...leaves(settings, []),
    ...kinds.flatMap(({ name, ...kind }) => leaves(kind, ["kinds", name])),
  ];
  return {
    schema: 1,
    project_root: projectRoot,
    settings: Object.fromEntries(
      values.map(([path, value]) => [
        path.join("."),
        { value, origin: origins[path.join(".")] ?? "default" },
      ]),
    ),
    warnings,
  };
}

type Leaf = readonly [path: readonly string[], value: JsonValue];

/** Keys are those of a file, save the names that users chose: they stay as they are. */
function leaves(value: object, path: readonly string[]): Leaf[] {
  const chosen = path.at(-1) === "clients";
  return Object.entries(value).flatMap(([key, child]: [string, JsonValue]) => {
    const at = [...path, chosen ? key : snakeCase(key)];
    return typeof child === "object" && child !== null && !Array.isArray(child)
      ? leaves(child, at)
      : [[at, child] as const];
  });
}

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
