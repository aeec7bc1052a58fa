/** JSON as data from outside: its type, and the two shapes of it that are refused everywhere. */

import { BalancerError } from "./errors.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Parsers read a million levels, but stringify and clone overflow the stack long before; nothing real nests this deep. */
export const MAX_DEPTH = 64;

const FORBIDDEN_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Throws INPUT_TOO_DEEP or FORBIDDEN_KEY with a JSON pointer; otherwise returns nothing.
 * Iterative, so that the check itself cannot overflow. `depth` counts containers: `[]` is 1.
 */
export function assertPlainJson(root: unknown, where = ""): void {
  const stack: { value: unknown; path: string; depth: number }[] = [
    { value: root, path: where, depth: 1 },
  ];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { value, path, depth } = item;
    if (typeof value !== "object" || value === null) continue;
    if (depth > MAX_DEPTH)
      throw new BalancerError(
        "INPUT_TOO_DEEP",
        `nesting ${depth} exceeds ${MAX_DEPTH} at ${path.slice(0, 80)}`,
        { hint: "Flatten the value, or pass it as a JSON string or a file." },
      );
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++)
        if (typeof value[index] === "object")
          stack.push({
            value: value[index],
            path: `${path}/${index}`,
            depth: depth + 1,
          });
      continue;
    }
    for (const key of Object.keys(value)) {
      if (FORBIDDEN_KEYS.has(key))
        throw new BalancerError(
          "FORBIDDEN_KEY",
          `the key '${key}' is not allowed at ${path || "/"}`,
          { hint: "Rename the key." },
        );
      const child = (value as Record<string, unknown>)[key];
      if (typeof child === "object")
        stack.push({ value: child, path: `${path}/${key}`, depth: depth + 1 });
    }
  }
}

/** What a JSON text says; null for none, and for one that is damaged. */
export function parseOrNull(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
