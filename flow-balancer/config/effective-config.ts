/**
 * The settings in force and where each came from, for people, without secrets: kinds name the
 * variables they want, and of what may hold one (a webhook, its program) only the beginning is shown.
 */

import type { Config } from "./shape.ts";
import type { JsonValue } from "../core/json.ts";

/** `{"pool.max_workers": {value: 8, origin: "default"}, ...}`, keys as in a file. */
export function effectiveConfig(config: Config): JsonValue {
  const { origins, warnings, kinds, projectRoot, alerts, ...settings } = config;
  const values = [
    ...leaves(settings, []),
    ...leaves(withoutSecrets(alerts), ["alerts"]),
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

/** The path of a webhook is often its password, and so may be what a program is called with. */
function withoutSecrets(alerts: Config["alerts"]): object {
  const { command, webhook } = alerts;
  return {
    ...alerts,
    command: command.slice(0, 1).concat(command.length > 1 ? ["..."] : []),
    webhook: webhook === null ? null : `${new URL(webhook).origin}/...`,
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
