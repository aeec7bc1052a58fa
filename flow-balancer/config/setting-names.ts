/**
 * Every single setting and its names: `pool.max_workers` in a file is
 * FLOW_BALANCER_POOL_MAX_WORKERS in the environment and --pool-max-workers on a command line.
 * Kinds and clients' patience have tables of their own and no such names.
 */

import { z } from "zod";
import { settingsSchema } from "./schema.ts";

export interface SettingName {
  readonly path: readonly string[];
  readonly key: string;
  readonly variable: string;
  readonly flag: string;
  readonly form: "integer" | "text" | "list";
}

export const SETTING_NAMES: readonly SettingName[] = leaves(settingsSchema, []);

/** Keys of a [kinds.NAME] table. */
export const KIND_KEYS: readonly string[] = Object.keys(
  asObject(
    (unwrap(settingsSchema.shape.kinds) as z.ZodRecord).valueType as z.ZodType,
  )?.shape ?? {},
);

/** The text of a variable or a flag as the value its setting wants; what does not fit stays text and is refused later. */
export function valueOfText(setting: SettingName, text: string): unknown {
  if (setting.form === "integer")
    return /^-?\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : text;
  if (setting.form === "text") return text;
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** `{pool: {max_workers: 4}}` from `[[pool, max_workers], 4]`. */
export function nested(
  entries: Iterable<readonly [SettingName, unknown]>,
): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [{ path }, value] of entries) {
    let table = root;
    for (const part of path.slice(0, -1))
      table = (table[part] ??= {}) as Record<string, unknown>;
    table[path.at(-1) ?? ""] = value;
  }
  return root;
}

function leaves(schema: z.ZodType, path: readonly string[]): SettingName[] {
  const inner = unwrap(schema);
  const object = asObject(inner);
  if (object !== null)
    return Object.entries(object.shape).flatMap(([key, child]) =>
      leaves(child as z.ZodType, [...path, key]),
    );
  if (inner instanceof z.ZodRecord) return [];
  const form =
    inner instanceof z.ZodNumber
      ? "integer"
      : inner instanceof z.ZodArray
        ? "list"
        : "text";
  const name = path.join("_");
  return [
    {
      path,
      key: path.join("."),
      variable: `FLOW_BALANCER_${name.toUpperCase()}`,
      flag: `--${name.replaceAll("_", "-")}`,
      form,
    },
  ];
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional
    ? (schema.unwrap() as z.ZodType)
    : schema;
}

function asObject(schema: z.ZodType): z.ZodObject | null {
  return schema instanceof z.ZodObject ? schema : null;
}
