/**
 * How long it takes to tell how far two results of 10 kB are the same, from two texts as they came to the
 * verdict: canonical forms are made anew for every pair. Beside it token Jaccard, the plain baseline.
 */

import {
  canonicalise,
  type ResultKind,
} from "../orchestrator/learning/canonical-result.ts";
import {
  distinct,
  jaccard,
  tokenHashes,
} from "../orchestrator/learning/shingles.ts";
import { sameness, type Rung } from "../orchestrator/learning/similarity.ts";
import { timedCases, type Turns } from "./in-turn.ts";
import type { BenchCase, Findings } from "./report.ts";
import { sampleText } from "./sample-text.ts";
import { seededRandom } from "./seeded-random.ts";
import type { RunOptions, Suite } from "./suite.ts";

const TURNS = {
  full: { rounds: 24, calls: 20 },
  quick: { rounds: 1, calls: 1 },
} as const satisfies Record<string, Turns>;
const LENGTH = 10_000;
const MAX_US = 1_000;

interface Pair {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  readonly kind: ResultKind;
  /** That decides, or else this isn't the pair that was to be measured. */
  readonly rung: Rung;
}

export const similarity: Suite = {
  name: "similarity",
  measures: "how far two results of 10 kB are the same, by kind",
  run: measureSimilarity,
};

async function measureSimilarity({
  quick,
  say,
}: RunOptions): Promise<Findings> {
  const cases: BenchCase[] = [];
  const ours: BenchCase[] = [];
  for (const { name, a, b, kind, rung } of pairs()) {
    say(name);
    const found = sameness(canonicalise(a, kind), canonicalise(b, kind));
    if (found.rung !== rung)
      throw new Error(`${name}: decided by ${found.rung}, not by ${rung}`);
    const timed = await timedCases(
      [
        { name: `${name}, token Jaccard`, run: () => tokenJaccard(a, b) },
        {
          name: `${name}, ladder (${rung})`,
          run: () => sameness(canonicalise(a, kind), canonicalise(b, kind)),
        },
      ],
      TURNS[quick ? "quick" : "full"],
    );
    cases.push(...timed);
    ours.push(...timed.slice(1));
  }
  return {
    cases,
    targets: ours.map(({ name, p50 }) => ({
      name: `${name}, at p50`,
      limit: MAX_US,
      measured: p50,
      unit: "us",
    })),
    notes: ["A pair is two texts of 10,000 ASCII characters, 10 kB each."],
  };
}

const tokenJaccard = (a: string, b: string): number =>
  jaccard(
    distinct(tokenHashes(a, { marks: false })),
    distinct(tokenHashes(b, { marks: false })),
  );

/** The second of each is the first with about a third of it changed. */
function pairs(): Pair[] {
  const both = (make: (part: number, seed: number) => string) => ({
    a: exactly(make(0, 1)),
    b: exactly(`${make(0, 1).slice(0, (LENGTH * 2) / 3)}${make(1, 2)}`),
  });
  const letters = sampleText(LENGTH * 3).replace(/\s/g, "x");
  const lines = (seed: number): string[] =>
    words(LENGTH, seed).match(/.{20,40}(?= )/g) ?? [];
  return [
    {
      name: "prose",
      ...both((_, seed) => words(LENGTH, seed)),
      kind: "text",
      rung: "shingles",
    },
    {
      name: "text without spaces",
      ...both((part) => letters.slice(part * LENGTH)),
      kind: "text",
      rung: "MinHash",
    },
    {
      name: "a list",
      ...both((_, seed) => lines(seed).join("\n")),
      kind: "set",
      rung: "items",
    },
    {
      name: "JSON",
      a: json(lines(1)),
      b: json([...lines(1).slice(0, 150), ...lines(2)]),
      kind: "json",
      rung: "items",
    },
    {
      name: "reasons with an answer",
      a: `${words(LENGTH - 12, 1)}\nAnswer: 42`,
      b: `${words(LENGTH - 12, 2)}\nAnswer: 43`,
      kind: "answer",
      rung: "answers",
    },
  ];
}

const exactly = (text: string): string => text.slice(0, LENGTH);

/** A structure whose JSON is as long as it gets within the length. */
function json(values: readonly string[]): string {
  let kept = values.length;
  const made = (): string =>
    JSON.stringify(
      Object.fromEntries(values.slice(0, kept).map((it, at) => [`k${at}`, it])),
    );
  while (made().length > LENGTH) kept--;
  return made();
}

/** In base 36. */
const FIVE_LETTERS = 36 ** 4;

/** Words of 2,000, the common ones often, as in prose. */
function words(length: number, seed: number): string {
  const random = seededRandom(seed);
  let text = "";
  while (text.length < length) {
    const word = FIVE_LETTERS + Math.floor(2_000 * random() ** 3);
    text += `${word.toString(36)}${random() < 0.1 ? ". " : " "}`;
  }
  return text.slice(0, length);
}
