/** JSON in one form: keys in order, numbers as numbers are; and as the set of its leaves, to see how much two have in common. */

import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { hash128 } from "./similarity-hash.ts";

/** Beyond it, structures are compared by their first leaves only. */
const MAX_LEAVES = 20_000;
const MAX_LEAF_CHARS = 128;

export const sortedJson = (value: JsonValue): string => {
  if (Array.isArray(value))
    return `[${(value as readonly JsonValue[]).map(sortedJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${entriesOf(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${sortedJson(member)}`)
    .join(",")}}`;
};

/** `pointer=value` of each leaf, each once, sorted; an empty list or object is a leaf. */
export function jsonLeaves(root: JsonValue): string[] {
  const leaves = new Set<string>();
  const visit = (value: JsonValue, pointer: string): void => {
    if (leaves.size >= MAX_LEAVES) return;
    const members = membersOf(value);
    if (members.length === 0) {
      const leaf = `${pointer}=${sortedJson(value)}`;
      leaves.add(leaf.length <= MAX_LEAF_CHARS ? leaf : hash128(leaf));
    }
    for (const [key, member] of members) visit(member, `${pointer}/${key}`);
  };
  visit(root, "");
  return [...leaves].sort();
}

function membersOf(value: JsonValue): (readonly [string, JsonValue])[] {
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).map(
      (member, at) => [String(at), member] as const,
    );
  return typeof value === "object" && value !== null ? entriesOf(value) : [];
}

const entriesOf = (value: JsonValue & object): [string, JsonValue][] =>
  Object.entries(value as Readonly<Record<string, JsonValue>>).sort(
    ([a], [b]) => (a < b ? -1 : 1),
  );
