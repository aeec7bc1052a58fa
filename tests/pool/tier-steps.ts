/** What may happen to a pool whose tiers are controlled, as data: one that is not possible just then does nothing. */

import fc from "fast-check";
import { TIERS, type Tier } from "../../flow-balancer/core/tier.ts";
import type { TierOrder } from "../../flow-balancer/pool/tier-steering.ts";

export type TierStep =
  | {
      readonly type: "run";
      readonly kind: string;
      readonly session: string | null;
      /** It is allowed to start so long after it got a worker; null: at once. */
      readonly permitMs: number | null;
    }
  | { readonly type: "finish"; readonly pick: number }
  | { readonly type: "pass"; readonly ms: number }
  | { readonly type: "steer"; readonly tier: Tier; readonly order: TierOrder }
  | { readonly type: "kill"; readonly pick: number };

const tier = fc.constantFrom(...TIERS);
const orders = fc.oneof<fc.Arbitrary<TierOrder>[]>(
  fc.record({ paused: fc.boolean() }),
  fc.record({ limit: fc.constantFrom(0, 1, 1, 2, null, null) }),
  fc.constant({ drain: true }),
  fc.record({ paused: fc.boolean(), drain: fc.boolean() }),
);

export const steps: fc.Arbitrary<TierStep[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<TierStep>[]>(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant("run" as const),
        kind: fc.constantFrom(
          "plain",
          "plain",
          "many",
          "env",
          "script",
          "once",
        ),
        session: fc.constantFrom(null, null, "a", "b", "c"),
        permitMs: fc.constantFrom(null, null, null, 5, 200),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant("finish" as const),
        pick: fc.nat(31),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant("pass" as const),
        ms: fc.constantFrom(1, 40, 60, 300, 6_000),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant("steer" as const),
        tier,
        order: orders,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("kill" as const),
        pick: fc.nat(31),
      }),
    },
  ),
  { minLength: 5, maxLength: 60, size: "max" },
);
