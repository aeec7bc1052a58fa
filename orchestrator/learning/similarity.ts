/**
 * How far two results are the same, by the first rung of a ladder that can tell: equal in canonical
 * form; what the kind has in common; what the texts share. Nothing here knows what a text means.
 */

import type { CanonicalResult } from "./canonical-result.ts";
import { estimateJaccard, type MinHash, minHash } from "./min-hash.ts";
import {
  charGrams,
  distinct,
  type HashList,
  type HashSet,
  jaccard,
  shinglesOf,
  tokenHashes,
} from "./shingles.ts";

/** What decided. `kinds differ`: an answer and a patch have nothing to compare. */
export type Rung =
  "equal" | "answers" | "items" | "shingles" | "MinHash" | "kinds differ";

export interface Sameness {
  /** 0..1: 1 is the same. For sets, patches and structures the Jaccard index of their items; for text, of its shingles. */
  readonly same: number;
  readonly rung: Rung;
}

/** From this many shingles on (as often as they come, in the longer text), the Jaccard index is estimated. */
const EXACT_BELOW = 2_000;
const WORDS = 3;
const CHARACTERS = 4;
/** Fewer words, or longer ones (as where no spaces are written), are compared by characters. */
const ENOUGH_WORDS = 12;
const LONG_WORD = 15;

export function sameness(a: CanonicalResult, b: CanonicalResult): Sameness {
  if (a.kind === b.kind) {
    if (a.key === b.key) return { same: 1, rung: "equal" };
    if (a.kind === "answer") return { same: 0, rung: "answers" };
    if (a.items !== undefined && b.items !== undefined)
      return { same: jaccard(a.items, b.items), rung: "items" };
  }
  if (a.text === undefined || b.text === undefined)
    return { same: 0, rung: "kinds differ" };
  return a.text === b.text
    ? { same: 1, rung: "equal" }
    : textSameness(partsOf(a, a.text), partsOf(b, b.text));
}

function textSameness(a: Parts, b: Parts): Sameness {
  const byWords = a.isWordy && b.isWordy;
  const one = byWords ? a.words() : a.grams();
  const other = byWords ? b.words() : b.grams();
  return Math.max(one.count, other.count) < EXACT_BELOW
    ? { same: jaccard(one.set(), other.set()), rung: "shingles" }
    : { same: estimateJaccard(one.sketch(), other.sketch()), rung: "MinHash" };
}

/** A text's shingles, made once for all it is compared with. */
interface Parts {
  readonly isWordy: boolean;
  readonly words: () => Shingles;
  readonly grams: () => Shingles;
}

interface Shingles {
  /** As often as they come. */
  readonly count: number;
  readonly set: () => HashSet;
  readonly sketch: () => MinHash;
}

const PARTS = new WeakMap<CanonicalResult, Parts>();

function partsOf(result: CanonicalResult, text: string): Parts {
  const known = PARTS.get(result);
  if (known !== undefined) return known;
  const tokens = tokenHashes(text, { marks: true });
  const parts = {
    isWordy:
      tokens.length >= ENOUGH_WORDS && text.length < tokens.length * LONG_WORD,
    words: once(() => shinglesFrom(shinglesOf(tokens, WORDS))),
    grams: once(() => shinglesFrom(charGrams(text, CHARACTERS))),
  };
  PARTS.set(result, parts);
  return parts;
}

const shinglesFrom = (list: HashList): Shingles => ({
  count: list.length,
  set: once(() => distinct(list)),
  sketch: once(() => minHash(list)),
});

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}
