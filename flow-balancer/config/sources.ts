/** Reads the places that settings come from. Only looks: what they say is checked in layer.ts. */

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { nearestName } from "../core/nearest-name.ts";
import type { Source } from "./layer.ts";
import { nested, SETTING_NAMES, valueOfText } from "./setting-names.ts";
import { tomlErrorLine, tomlLines } from "./toml-lines.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** By flag (`--http-port`) or key (`http.port`). */
export type Flags = Readonly<Record<string, string>>;

export type ReadFile =
  | { readonly type: "absent" }
  | { readonly type: "read"; readonly source: Source }
  | { readonly type: "unreadable"; readonly problem: string };

const MAX_FILE_BYTES = 1_048_576;

export function readTomlFile(path: string): ReadFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? { type: "absent" }
      : { type: "unreadable", problem: `${path}:1: cannot be read: ${code}` };
  }
  if (text.length > MAX_FILE_BYTES)
    return {
      type: "unreadable",
      problem: `${path}:1: is longer than ${MAX_FILE_BYTES} bytes`,
    };
  try {
    const data: unknown = Bun.TOML.parse(text);
    const lineOf = tomlLines(text);
    const originOf = (key: readonly PropertyKey[]) => `${path}:${lineOf(key)}`;
    return { type: "read", source: { data, folder: dirname(path), originOf } };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const line = tomlErrorLine(text, error.message);
    const reason = error.message.replace(/^TOML Parse error: /, "");
    return {
      type: "unreadable",
      problem: `${path}:${line}: is not valid TOML: ${reason}`,
    };
  }
}

/** The user's own file, for all projects. */
export function userConfigPath(env: Environment, userHome: string): string {
  return join(
    baseFolder(env.XDG_CONFIG_HOME, join(userHome, ".config")),
    "flow-balancer",
    "config.toml",
  );
}

/** The XDG rules: a folder that is not absolute is as good as none. */
export const baseFolder = (
  variable: string | undefined,
  otherwise: string,
): string =>
  variable !== undefined && isAbsolute(variable) ? variable : otherwise;

/** An empty variable counts as unset. */
export function variablesSource(env: Environment, cwd: string): Source {
  const set = SETTING_NAMES.filter(({ variable }) => env[variable]);
  return {
    data: nested(
      set.map((it) => [it, valueOfText(it, env[it.variable] ?? "")]),
    ),
    folder: cwd,
    originOf: (path) =>
      set.find(({ key }) => isAt(key, path))?.variable ?? "environment",
  };
}

const PREFIX = "FLOW_BALANCER_";

/** What looks like a setting with a slip in its name. Others' variables may start alike, so this is no error. */
export function variableWarnings(env: Environment): string[] {
  const known = SETTING_NAMES.map((it) => it.variable.slice(PREFIX.length));
  return Object.keys(env)
    .filter((it) => it.startsWith(PREFIX))
    .map((it) => it.slice(PREFIX.length))
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = nearestName(name, known);
      return meant === null
        ? []
        : [
            `the variable ${PREFIX}${name} is no setting; did you mean ${PREFIX}${meant}?`,
          ];
    });
}

export function flagsSource(flags: Flags, cwd: string): Source {
  const named = Object.entries(flags).map(([name, text]) => ({
    name,
    text,
    setting: SETTING_NAMES.find((it) => it.flag === name || it.key === name),
  }));
  const unknown = named.filter(({ setting }) => setting === undefined);
  return {
    data: {
      ...nested(
        named.flatMap(({ setting, text }) =>
          setting === undefined ? [] : [[setting, valueOfText(setting, text)]],
        ),
      ),
      ...Object.fromEntries(unknown.map(({ name, text }) => [name, text])),
    },
    folder: cwd,
    originOf: (path) =>
      named.find(({ setting }) => setting && isAt(setting.key, path))?.setting
        ?.flag ?? "command line",
  };
}

/** `path` is the setting's, or leads into its value. */
const isAt = (key: string, path: readonly PropertyKey[]): boolean =>
  `${path.map(String).join(".")}.`.startsWith(`${key}.`);
