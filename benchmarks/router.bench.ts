/** What a routing decision costs among 8 experts, learning from a run, and the room that what was learned takes. */

import type { Expert, RouteQuestion } from "../flow-balancer/core/expert.ts";
import { Router } from "../orchestrator/routing/router.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { seededRandom } from "./seeded-random.ts";
import type { RunOptions, Suite } from "./suite.ts";

const SEED = 20_261_121;
const EXPERTS = 8;
const TYPES = 50;
/** As many different words as a project has in its tasks, by order. */
const WORDS = 8_000;
const LEAST_WORDS = 20;
const SIZES = {
  full: { learned: 6_000, calls: 5_000 },
  quick: { learned: 100, calls: 100 },
} as const;
const MAX_DECISION_US = 50;

export const router: Suite = {
  name: "router",
  measures: "a routing decision among 8 experts, learning, room",
  run: (options) => Promise.resolve(measureRouter(options)),
};

function measureRouter({ quick, say }: RunOptions): Findings {
  const { learned, calls } = SIZES[quick ? "quick" : "full"];
  const chance = seededRandom(SEED);
  const own = new Router(EXPERTS_OF_8);
  say(`learning from ${learned} runs`);
  const many = <It>(count: number, make: (at: number) => It): It[] =>
    Array.from({ length: count }, (_, at) => make(at));
  const learn = timed(
    "a run learned from, 20 to 150 words, once each",
    0,
    many(learned, () => {
      const question = questionOf(chance, 150);
      const run = {
        expert: `expert ${Math.floor(chance() * EXPERTS)}`,
        isSuccess: chance() < 0.7,
        isAfterFailure: false,
        cost: 1,
        runMs: 1_000,
      };
      return () => {
        own.observe(question, run);
      };
    }),
  );
  const decide = (name: string, words: number, more = {}): BenchCase => {
    say(name);
    return timed(
      name,
      TURNS,
      many(calls, (at) => {
        const question = { ...questionOf(chance, words), ...more };
        return () => {
          if (own.decide(question, at).choice === null)
            throw new Error("nobody was chosen");
        };
      }),
    );
  };
  const short = decide("a decision, 20 to 150 words", 150);
  const checked = decide("with a check, 20 to 150 words", 150, {
    hasCheck: true,
  });
  const long = decide("a decision, 20 to 500 words", 500);
  const kept = JSON.stringify(own.snapshot());
  const room = benchCase("room of what was learned, packed", "kB", [
    Bun.zstdCompressSync(kept).length / 1_000,
  ]);
  return {
    cases: [learn, short, checked, long, room],
    targets: [short, checked].map(({ name, p99 }) => ({
      name: `${name}, p99`,
      measured: p99,
      limit: MAX_DECISION_US,
      unit: "us",
    })),
    notes: [
      `${EXPERTS} experts, ${TYPES} types, texts of ${WORDS} different words; each question is decided ${TURNS} times in turn with all others, and its fastest decision counts: what else the machine did is left out`,
    ],
  };
}

const EXPERTS_OF_8: readonly Expert[] = Array.from(
  { length: EXPERTS },
  (_, at) => ({
    name: `expert ${at}`,
    kinds: ["ask"],
    run: { kind: "ask", input: {} },
    cost: 1 + at / 10,
    capabilities: [],
  }),
);

function questionOf(chance: () => number, most: number): RouteQuestion {
  const words = LEAST_WORDS + Math.floor(chance() * (most - LEAST_WORDS));
  return {
    kind: "ask",
    bucket: `type ${Math.floor(chance() * TYPES)}`,
    tags: [],
    // Squared, so that some words are frequent.
    text: Array.from(
      { length: words },
      () => `w${Math.floor(chance() ** 2 * WORDS).toString(36)}ing`,
    ).join(" "),
    needs: [],
    budget: null,
    hasCheck: false,
    copies: 1,
    isSingle: false,
  };
}

/** After the first, which warms up. */
const TURNS = 5;

/** A call a case, timed alone; of its turns the fastest. */
function timed(
  name: string,
  turns: number,
  calls: readonly (() => void)[],
): BenchCase {
  const fastest = calls.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn <= turns; turn++)
    for (const [at, call] of calls.entries()) {
      const begin = Bun.nanoseconds();
      call();
      const us = (Bun.nanoseconds() - begin) / 1_000;
      if (turn > 0 || turns === 0)
        fastest[at] = Math.min(fastest[at] ?? us, us);
    }
  return benchCase(name, "us", fastest);
}
