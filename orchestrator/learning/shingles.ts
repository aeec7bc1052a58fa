/** A text as a set of hashed parts, so that two texts can be compared by what they share (Broder 1997). */

import { hash32, mix32 } from "./similarity-hash.ts";

/** Hashes of 32 bits in the order of the text, as often as they come. */
export type HashList = Uint32Array;
/** Each once, rising. */
export type HashSet = Uint32Array;

const FNV_PRIME = 0x01000193;

/** Words (runs of letters, digits and `_`), and single marks where they are wanted; in order, whatever their case. */
export function tokenHashes(
  text: string,
  { marks }: { readonly marks: boolean },
): HashList {
  const lower = text.toLowerCase();
  const hashes = new Uint32Array(lower.length);
  let count = 0;
  for (let at = 0; at < lower.length;) {
    let end = at;
    while (end < lower.length && isWordUnit(lower.charCodeAt(end))) end++;
    const isMark = end === at && !isSpace(lower.charCodeAt(at));
    if (end > at || (isMark && marks))
      hashes[count++] = hash32(lower, 0, at, Math.max(end, at + 1));
    end = Math.max(end, at + 1);
    at = end;
  }
  return hashes.subarray(0, count);
}

/** Every `width` tokens that follow one another; one of them all where there are fewer. */
export function shinglesOf(tokens: HashList, width: number): HashList {
  if (tokens.length === 0) return tokens;
  const count = Math.max(1, tokens.length - width + 1);
  const shingles = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    let hash = 0;
    const end = Math.min(tokens.length, at + width);
    for (let next = at; next < end; next++)
      hash = Math.imul(hash ^ (tokens[next] ?? 0), FNV_PRIME) + next - at;
    shingles[at] = mix32(hash);
  }
  return shingles;
}

/** Every `width` UTF-16 units that follow one another, whatever their case. */
export function charGrams(text: string, width: number): HashList {
  const lower = text.toLowerCase();
  if (lower === "") return new Uint32Array();
  const count = Math.max(1, lower.length - width + 1);
  const grams = new Uint32Array(count);
  for (let at = 0; at < count; at++)
    grams[at] = hash32(lower, 0, at, Math.min(lower.length, at + width));
  return grams;
}

export function distinct(hashes: HashList): HashSet {
  const sorted = hashes.slice().sort();
  let kept = 0;
  for (let at = 0; at < sorted.length; at++)
    if (at === 0 || sorted[at] !== sorted[at - 1])
      sorted[kept++] = sorted[at] ?? 0;
  return sorted.subarray(0, kept);
}

/** |A ∩ B| / |A ∪ B| of two that rise, each member once; 1 for two empty ones. */
export function jaccard<Member extends number | string>(
  a: ArrayLike<Member>,
  b: ArrayLike<Member>,
): number {
  if (a.length === 0 && b.length === 0) return 1;
  const both = sharedCount(a, b);
  return both / (a.length + b.length - both);
}

function sharedCount<Member extends number | string>(
  a: ArrayLike<Member>,
  b: ArrayLike<Member>,
): number {
  let both = 0;
  let inA = 0;
  let inB = 0;
  while (inA < a.length && inB < b.length) {
    const left = a[inA] as Member;
    const right = b[inB] as Member;
    if (left === right) both++;
    if (left <= right) inA++;
    if (left >= right) inB++;
  }
  return both;
}

const isWordUnit = (unit: number): boolean =>
  (unit >= 97 && unit <= 122) || // lower case by now
  (unit >= 48 && unit <= 57) ||
  unit === 95 ||
  (unit > 127 && !isSpace(unit));

const isSpace = (unit: number): boolean =>
  unit <= 32 ||
  unit === 0xa0 ||
  (unit >= 0x2000 && unit <= 0x200a) ||
  unit === 0x2028 ||
  unit === 0x2029 ||
  unit === 0x3000;
