/** The signals a replay of waste holds side by side: how alike two outputs are, 0..1, by their text alone. */

import { type CanonicalResult, canonicalise } from "./canonical-result.ts";
import {
  charGrams,
  distinct,
  jaccard,
  shinglesOf,
  tokenHashes,
} from "./shingles.ts";
import { hash32 } from "./similarity-hash.ts";
import { sameness } from "./similarity.ts";

/** The rule of thumb is token Jaccard from .6; all signals are held to it. */
export const SIGNAL_THRESHOLD = 0.6;
const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;

/** What is compared of an output, made once. */
export interface Prepared {
  readonly tokens: Uint32Array;
  readonly grams: Uint32Array;
  readonly shingles: Uint32Array;
  readonly numbers: Uint32Array;
  readonly canonical: CanonicalResult;
}

/** Left is the plain baseline, right is ours. */
export const SIGNALS = [
  "token Jaccard",
  "character 4-grams",
  "word 3-shingles",
  "numbers",
  "ladder",
] as const;

export function prepare(
  output: string,
  canonical = canonicalise(output),
): Prepared {
  return {
    tokens: distinct(tokenHashes(output, { marks: false })),
    grams: distinct(charGrams(output, 4)),
    shingles: distinct(shinglesOf(tokenHashes(output, { marks: true }), 3)),
    numbers: distinct(
      Uint32Array.from(output.match(NUMBER) ?? [], (it) =>
        hash32(String(Number(it.replaceAll(",", "")))),
      ),
    ),
    canonical,
  };
}

/** In the order of `SIGNALS`. */
export const scores = (a: Prepared, b: Prepared): readonly number[] => [
  jaccard(a.tokens, b.tokens),
  jaccard(a.grams, b.grams),
  jaccard(a.shingles, b.shingles),
  jaccard(a.numbers, b.numbers),
  sameness(a.canonical, b.canonical).same,
];
