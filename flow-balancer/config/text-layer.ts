/** Settings that come as single texts: the variables and the flags. */

import { nearestName } from "../core/nearest-name.ts";
import { type Checked, shown, withAbsolutePaths } from "./layer.ts";
import { SETTING_NAMES, type SettingName } from "./setting-names.ts";
import type { Settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** By flag (`--http-port`) or key (`http.port`). */
export type Flags = Readonly<Record<string, string>>;

interface Given {
  readonly setting: SettingName;
  readonly origin: string;
  readonly text: string;
}

/** An empty variable counts as unset. */
export function checkVariables(
  env: Environment,
  cwd: string,
  userHome: string,
): Checked {
  const given = SETTING_NAMES.flatMap((setting) => {
    const text = env[setting.variable];
    return text ? [{ setting, origin: setting.variable, text }] : [];
  });
  return check(given, cwd, userHome);
}

export function checkFlags(
  flags: Flags,
  cwd: string,
  userHome: string,
): Checked {
  const given: Given[] = [];
  const unknown: string[] = [];
  for (const [name, text] of Object.entries(flags)) {
    const setting = SETTING_NAMES.find(
      ({ flag, key }) => flag === name || key === name,
    );
    if (setting === undefined)
      unknown.push(`command line: '${name}' is no setting`);
    else given.push({ setting, origin: setting.flag, text });
  }
  const checked = check(given, cwd, userHome);
  if (unknown.length === 0) return checked;
  return {
    ok: false,
    problems: [...(checked.ok ? [] : checked.problems), ...unknown],
  };
}

function check(
  given: readonly Given[],
  cwd: string,
  userHome: string,
): Checked {
  const problems: string[] = [];
  const origins: Record<string, string> = {};
  const root: Record<string, unknown> = {};
  for (const { setting, origin, text } of given) {
    const { key, path, rule } = setting;
    const value = valueOf(setting, text);
    if (!rule.accepts(value))
      problems.push(
        `${origin}: key '${key}' must be ${rule.expected}, got ${shown(value)}`,
      );
    origins[key] = origin;
    let table = root;
    for (const part of path.slice(0, -1))
      table = (table[part] ??= {}) as Record<string, unknown>;
    table[path.at(-1) ?? ""] = value;
  }
  if (problems.length > 0) return { ok: false, problems };
  // Every value was accepted by its rule, and Settings is made of the rules.
  const settings = withAbsolutePaths(root as Settings, cwd, userHome);
  return { ok: true, layer: { settings, origins } };
}

/** What does not fit stays text, and is refused as such. */
function valueOf({ rule }: SettingName, text: string): unknown {
  if (rule.form === "integer")
    return /^-?\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : text;
  if (rule.form === "number")
    return text.trim() !== "" && Number.isFinite(Number(text))
      ? Number(text)
      : text;
  if (rule.form === "boolean")
    return text === "true" || (text === "false" ? false : text);
  if (rule.form === "text") return text;
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
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
