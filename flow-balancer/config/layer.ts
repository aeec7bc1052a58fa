/** What one source (a file, the variables, the flags) says, once it was checked. */

import { isAbsolute, join, resolve } from "node:path";
import type { Settings } from "./settings.ts";

export interface Layer {
  readonly settings: Settings;
  /** Where each value stands, as messages name it: `path:line`, a variable or a flag. */
  readonly origins: Readonly<Record<string, string>>;
}

export type Checked =
  | { readonly ok: true; readonly layer: Layer }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Relative paths start at `folder`, `~/` at the user's home. */
export function withAbsolutePaths(
  settings: Settings,
  folder: string,
  userHome: string,
): Settings {
  const absolute = (path: string): string => {
    if (isAbsolute(path)) return resolve(path);
    return path.startsWith("~/")
      ? join(userHome, path.slice(2))
      : resolve(folder, path);
  };
  const { home, roots, kinds, log, ...others } = settings;
  return {
    ...others,
    ...(home === undefined ? {} : { home: absolute(home) }),
    ...(log === undefined
      ? {}
      : {
          log:
            log.file === undefined ? log : { ...log, file: absolute(log.file) },
        }),
    ...(roots === undefined ? {} : { roots: roots.map(absolute) }),
    ...(kinds === undefined
      ? {}
      : {
          kinds: Object.fromEntries(
            Object.entries(kinds).map(([name, kind]) => [
              name,
              { ...kind, module: absolute(kind.module) },
            ]),
          ),
        }),
  };
}

/** At most this much of a wrong value is repeated. */
const SHOWN_CHARS = 80;

/** A wrong value as a message may repeat it. */
export const shown = (value: unknown): string =>
  typeof value === "number"
    ? String(value)
    : (JSON.stringify(value) ?? String(value)).slice(0, SHOWN_CHARS);
