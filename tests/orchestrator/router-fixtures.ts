/** Experts, questions and a small world in which they are good at different things, for tests of the router. */

import type { Expert, RouteQuestion } from "../../flow-balancer/core/expert.ts";
import type { TracedTask } from "../../orchestrator/routing/replay-router-rules.ts";
import { Router } from "../../orchestrator/routing/router.ts";
import { seededChance } from "../../orchestrator/routing/seeded-order.ts";

export const expert = (
  name: string,
  cost = 0,
  more: Partial<Expert> = {},
): Expert => ({
  name,
  kinds: ["ask"],
  run: { kind: name, input: {} },
  cost,
  capabilities: [],
  ...more,
});

export const question = (more: Partial<RouteQuestion> = {}): RouteQuestion => ({
  kind: "ask",
  bucket: "",
  tags: [],
  text: "",
  needs: [],
  budget: null,
  hasCheck: false,
  copies: 1,
  isSingle: false,
  ...more,
});

/** One run of an expert, told to the router. */
export function tell(
  router: Router,
  name: string,
  isSuccess: boolean,
  more: Partial<RouteQuestion> = {},
  cost: number | null = null,
): void {
  router.observe(question(more), {
    expert: name,
    isSuccess,
    isAfterFailure: false,
    cost,
    runMs: null,
  });
}

const TOPICS = ["joins and tables", "rhymes and verses", "sums and primes"];
const FILLER = "please take care of this and that with some thought now".split(
  " ",
);

/**
 * Tasks of four types; the strong expert solves nine in ten, the weak one nine in ten of one topic and three in ten
 * of the others, whatever the type, but in one type it solves all.
 */
export function traced(count: number, seed: number): TracedTask[] {
  const chance = seededChance(seed);
  const pick = <T>(of: readonly T[]): T =>
    of[Math.floor(chance() * of.length)]!;
  return Array.from({ length: count }, () => {
    const topic = pick(TOPICS);
    const bucket = pick(["north", "south", "east", "west"]);
    const isEasy = bucket === "west" || topic === TOPICS[0];
    return {
      kind: "task",
      bucket,
      tags: [],
      text: `${pick(FILLER)} ${pick(FILLER)} ${topic} ${pick(FILLER)}?`,
      weak: chance() < (isEasy ? 0.9 : 0.3),
      strong: chance() < 0.9,
    };
  });
}
