/** Settings on a command line: `--pool-max-workers 4` or `--pool-max-workers=4`. */

import { BalancerError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";
import { SETTING_NAMES } from "./setting-names.ts";
import type { Flags } from "./text-layer.ts";

/** Shorter names of what is set most. */
const SHORT: Readonly<Record<string, string>> = {
  "--host": "--http-host",
  "--port": "--http-port",
};

/** Throws INVALID_ARGUMENT for whatever is not a setting; the last of two wins. Values are checked by loadConfig. */
export function parseFlags(argv: readonly string[]): Flags {
  const known = [
    ...Object.keys(SHORT),
    ...SETTING_NAMES.map(({ flag }) => flag),
  ];
  const flags: Record<string, string> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!known.includes(name)) throw usage(unknownFlag(name, known));
    const value = equals < 0 ? argv[++at] : word.slice(equals + 1);
    if (value === undefined) throw usage(`the option ${name} needs a value`);
    flags[SHORT[name] ?? name] = value;
  }
  return flags;
}

const FORMS = {
  integer: "<n>",
  number: "<n>",
  text: "<text>",
  boolean: "<true|false>",
  list: "<a,b,...>",
  fields: "<fields>",
} as const;

/** One line for each flag, for help. */
export const describeFlags = (): string =>
  SETTING_NAMES.map(({ flag, key, rule: { form } }) => {
    const value = FORMS[form];
    const short = Object.entries(SHORT).find(([, long]) => long === flag)?.[0];
    return `  ${short === undefined ? "" : `${short}, `}${flag} ${value}   ${key}`;
  }).join("\n");

const usage = (message: string): BalancerError =>
  new BalancerError("INVALID_ARGUMENT", message, {
    hint: "See --help for the settings that can be given.",
  });

function unknownFlag(name: string, known: readonly string[]): string {
  const meant = nearestName(name, known);
  const what = name.startsWith("-") ? "option" : "argument";
  return `unknown ${what} '${name.slice(0, 80)}'${meant === null ? "" : `; did you mean ${meant}?`}`;
}
