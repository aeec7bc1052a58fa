/** Pages of a list that does not change: a cursor is opaque and names one list and one place in it. */

import { invalidParams } from "./refusal.ts";

/** Big enough that no list of this product needs a second page: several clients read only the first. */
export const PAGE_SIZE = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Throws -32602 for a cursor this list never gave out. */
export function pageOf<Item>(
  list: string,
  all: readonly Item[],
  cursor: unknown,
  pageSize: number,
): Page<Item> {
  const start = cursor === undefined ? 0 : startOf(list, cursor, all.length);
  const end = start + pageSize;
  if (start === 0 && end >= all.length) return { items: all, nextCursor: null };
  return {
    items: all.slice(start, end),
    nextCursor: end < all.length ? encode(list, end) : null,
  };
}

const encode = (list: string, start: number): string =>
  Buffer.from(`${list}:${start}`).toString("base64url");

function startOf(list: string, cursor: unknown, length: number): number {
  if (typeof cursor === "string") {
    const start = Number(
      Buffer.from(cursor, "base64url")
        .toString()
        .slice(list.length + 1),
    );
    if (
      Number.isSafeInteger(start) &&
      start > 0 &&
      start < length &&
      encode(list, start) === cursor
    )
      return start;
  }
  throw invalidParams(
    `cursor is not one that ${list} returned; start again without a cursor`,
  );
}
