/**
 * Lists of the same task put together: which items there are and who gave each. Putting together is
 * associative, takes any order and changes nothing when it is done twice; items are the same where their
 * canonical forms are, so that nothing hangs on which came first. Items that are merely alike stay apart:
 * likeness is not transitive, and two findings can differ by a `not`.
 */

import type { ItemSupport } from "../../flow-balancer/core/ensemble.ts";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { sortedJson } from "./canonical-json.ts";
import { normalText } from "./canonical-text.ts";
import { parsedContainer } from "./result-kind.ts";

/** By canonical form. */
export type Items = ReadonlyMap<string, ItemSupport>;

/** What one attempt listed, as a list or as lines of text; null: that is no list. */
export function itemsOf(seat: number, value: JsonValue): Items | null {
  const members = membersOf(value);
  if (members === null) return null;
  const items = new Map<string, ItemSupport>();
  for (const member of members)
    add(items, keyOf(member), { value: member, seats: [seat] });
  return items;
}

/** Of an item's spellings, that of the first seat stays; of that seat's, the first in order. */
export function together(...parts: readonly Items[]): Items {
  const all = new Map<string, ItemSupport>();
  for (const part of parts) for (const [key, item] of part) add(all, key, item);
  return all;
}

function add(
  items: Map<string, ItemSupport>,
  key: string,
  item: ItemSupport,
): void {
  const known = items.get(key);
  items.set(key, known === undefined ? item : joined(known, item));
}

/** Those that so many gave, best supported first, then in order of their canonical form. */
export const supported = (items: Items, least: number): ItemSupport[] =>
  [...items]
    .filter(([, { seats }]) => seats.length >= least)
    .sort(
      ([a, { seats: x }], [b, { seats: y }]) =>
        y.length - x.length || order(a, b),
    )
    .map(([, item]) => item);

function joined(one: ItemSupport, other: ItemSupport): ItemSupport {
  const [first, second] = isBefore(one, other) ? [one, other] : [other, one];
  const seats = [...new Set([...first.seats, ...second.seats])];
  return { value: first.value, seats: seats.sort((a, b) => a - b) };
}

const isBefore = (one: ItemSupport, other: ItemSupport): boolean =>
  ((one.seats[0] ?? 0) - (other.seats[0] ?? 0) ||
    order(sortedJson(one.value), sortedJson(other.value))) <= 0;

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function membersOf(value: JsonValue): readonly JsonValue[] | null {
  const list =
    typeof value === "string" ? (parsedContainer(value) ?? value) : value;
  if (Array.isArray(list)) return list as readonly JsonValue[];
  if (typeof list !== "string") return null;
  return list
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const keyOf = (item: JsonValue): string =>
  typeof item === "string" ? normalText(item) : sortedJson(item);
