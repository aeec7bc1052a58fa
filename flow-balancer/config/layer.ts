/** One source of settings (a file, the variables, the flags), checked against the schema. */

import { isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import { nearestName } from "../core/nearest-name.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { KIND_KEYS, SETTING_NAMES } from "./setting-names.ts";

/** What a source says, before it is checked. */
export interface Source {
  readonly data: unknown;
  /** Relative paths in it start here. */
  readonly folder: string;
  /** Where a key stands, as messages name it: `path:line`, a variable or a flag. */
  originOf(path: readonly PropertyKey[]): string;
}

export interface Layer {
  readonly settings: Settings;
  readonly origins: Readonly<Record<string, string>>;
}

export type Checked =
  | { readonly ok: true; readonly layer: Layer }
  | { readonly ok: false; readonly problems: readonly string[] };

/** `userHome` is what a leading `~/` in a path stands for. */
export function checkSource(source: Source, userHome: string): Checked {
  const parsed = settingsSchema.safeParse(source.data);
  if (!parsed.success)
    return {
      ok: false,
      problems: [
        ...new Set(
          parsed.error.issues.flatMap((issue) => describeIssue(issue, source)),
        ),
      ],
    };
  const origins: Record<string, string> = {};
  for (const path of leafPaths(parsed.data))
    origins[path.join(".")] = source.originOf(path);
  return {
    ok: true,
    layer: {
      settings: withAbsolutePaths(parsed.data, source.folder, userHome),
      origins,
    },
  };
}

/** Paths to everything that is not a table. */
function leafPaths(value: object, path: readonly string[] = []): string[][] {
  return Object.entries(value).flatMap(([key, child]) =>
    typeof child === "object" && child !== null && !Array.isArray(child)
      ? leafPaths(child, [...path, key])
      : [[...path, key]],
  );
}

function withAbsolutePaths(
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
  const { home, roots, kinds, ...others } = settings;
  return {
    ...others,
    ...(home === undefined ? {} : { home: absolute(home) }),
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

function describeIssue(issue: z.core.$ZodIssue, source: Source): string[] {
  const at = (path: readonly PropertyKey[]): string =>
    `${source.originOf(path)}: key '${dotted(path)}'`;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const meant = nearestKey(issue.path, key);
      return `${at(path)} is unknown${meant === null ? "" : `; did you mean '${meant}'?`}`;
    });
  if (issue.code === "invalid_key")
    return [
      `${at(issue.path)} must be ${issue.issues[0]?.message ?? issue.message}`,
    ];
  const value = valueAt(source.data, issue.path);
  return [
    value === undefined
      ? `${at(issue.path)} is missing: it must be ${issue.message}`
      : `${at(issue.path)} must be ${issue.message}, got ${shown(value)}`,
  ];
}

const dotted = (path: readonly PropertyKey[]): string =>
  path
    .map(String)
    .map((part) => (/^[\w-]+$/.test(part) ? part : JSON.stringify(part)))
    .join(".");

/** The known key that was probably meant: one of the same table, or this very name in another. */
function nearestKey(
  table: readonly PropertyKey[],
  unknown: string,
): string | null {
  const known = [
    ...SETTING_NAMES.map(({ key }) => key),
    "kinds",
    "patience.clients",
  ];
  const prefix = table.length === 0 ? "" : `${table.join(".")}.`;
  const inTable =
    table[0] === "kinds"
      ? KIND_KEYS
      : known
          .filter((key) => key.startsWith(prefix))
          .map((key) => key.slice(prefix.length).split(".")[0] ?? "");
  const sibling = nearestName(unknown, inTable);
  if (sibling !== null) return prefix + sibling;
  return known.find((key) => key.split(".").at(-1) === unknown) ?? null;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}

/** At most this much of a wrong value is repeated. */
const SHOWN_CHARS = 80;

const shown = (value: unknown): string =>
  typeof value === "number"
    ? String(value)
    : (JSON.stringify(value) ?? String(value)).slice(0, SHOWN_CHARS);
