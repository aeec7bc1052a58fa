/** A configuration file, read and checked as a whole. */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { nearestName } from "../core/nearest-name.ts";
import { type Checked, shown, withAbsolutePaths } from "./layer.ts";
import { SETTING_NAMES } from "./setting-names.ts";
import {
  isByName,
  isLeaf,
  isTables,
  type Rule,
  SETTINGS,
  type Settings,
} from "./settings.ts";
import { tomlErrorLine, tomlLines } from "./toml-lines.ts";

const MAX_FILE_CHARS = 1_048_576;

/** The file has to be there. `userHome` is what a leading `~/` in a path stands for. */
export function checkFile(path: string, userHome: string): Checked {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return failed(`${path}:1: cannot be read: ${code}`);
  }
  if (text.length > MAX_FILE_CHARS)
    return failed(`${path}:1: is longer than ${MAX_FILE_CHARS} characters`);
  let data: object;
  try {
    data = Bun.TOML.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const line = tomlErrorLine(text, error.message);
    const reason = error.message.replace(/^TOML Parse error: /, "");
    return failed(`${path}:${line}: is not valid TOML: ${reason}`);
  }
  return checkData(path, text, data, userHome);
}

const failed = (...problems: string[]): Checked => ({ ok: false, problems });

function checkData(
  path: string,
  text: string,
  data: object,
  userHome: string,
): Checked {
  const lineOf = tomlLines(text);
  // Compiling a schema that is used once costs more than it saves.
  const parsed = toSchema(SETTINGS).safeParse(data, { jitless: true });
  if (!parsed.success)
    return failed(
      ...parsed.error.issues.flatMap((issue) =>
        describe(issue, data).map(
          ({ key, what }) =>
            `${path}:${lineOf(key)}: key '${dotted(key)}' ${what}`,
        ),
      ),
    );
  // The schema and the type are made of the same rules.
  const settings = parsed.data as Settings;
  return {
    ok: true,
    layer: {
      settings: withAbsolutePaths(settings, dirname(path), userHome),
      origins: Object.fromEntries(
        leafPaths(settings).map((key) => [
          key.join("."),
          `${path}:${lineOf(key)}`,
        ]),
      ),
    },
  };
}

/** The rules as a schema whose messages say what a value must be. */
function toSchema(rule: Rule): z.ZodType {
  if (isLeaf(rule))
    return z.custom((value) => rule.accepts(value), { error: rule.expected });
  if (isByName(rule)) {
    const { name, item, expected } = rule;
    const key = z.string().refine(name.accepts, { error: name.expected });
    return z.record(key, toSchema(item), { error: expected });
  }
  if (isTables(rule))
    return z.array(toSchema(rule.item), { error: rule.expected });
  const shape = Object.entries(rule).map(([key, inner]) => {
    const schema = toSchema(inner);
    return [key, isRequired(inner) ? schema : schema.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(shape), { error: "a table" });
}

const isRequired = (rule: Rule): boolean =>
  isLeaf(rule) && rule.required === true;

/** Paths to everything that is not a table; of a list of tables, to it and to each of them. */
function leafPaths(value: object, path: readonly string[] = []): string[][] {
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) => {
    const at = [...path, key];
    if (Array.isArray(child))
      return [
        at,
        ...child.flatMap((it, nth) =>
          typeof it === "object" ? [[...at, String(nth)]] : [],
        ),
      ];
    return typeof child === "object" && child !== null
      ? leafPaths(child, at)
      : [at];
  });
}

interface Mistake {
  readonly key: readonly PropertyKey[];
  readonly what: string;
}

function describe(issue: z.core.$ZodIssue, data: object): Mistake[] {
  const key = issue.path;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((unknown) => {
      const meant = nearestKey(key.map(String), unknown);
      const hint = meant === null ? "" : `; did you mean '${meant}'?`;
      return { key: [...key, unknown], what: `is unknown${hint}` };
    });
  if (issue.code === "invalid_key")
    return [{ key, what: `must be ${issue.issues[0]?.message}` }];
  const value = valueAt(data, key);
  return [
    {
      key,
      what:
        value === undefined
          ? `is missing: it must be ${issue.message}`
          : `must be ${issue.message}, got ${shown(value)}`,
    },
  ];
}

/** What was probably meant: a key of the same table, or this very name in another. */
function nearestKey(path: readonly string[], unknown: string): string | null {
  const sibling = nearestName(unknown, Object.keys(tableAt(path)));
  if (sibling !== null) return [...path, sibling].join(".");
  return SETTING_NAMES.find((it) => it.path.at(-1) === unknown)?.key ?? null;
}

/** The rules of the table that a path leads to. */
function tableAt(path: readonly string[]): Rule {
  return path.reduce<Rule>((rule, part) => {
    if (isByName(rule) || isTables(rule)) return rule.item;
    return isLeaf(rule) ? rule : (rule[part] ?? {});
  }, SETTINGS);
}

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );

const dotted = (path: readonly PropertyKey[]): string =>
  path
    .map(String)
    .map((part) => (/^[\w-]+$/.test(part) ? part : JSON.stringify(part)))
    .join(".");
