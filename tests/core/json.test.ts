import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { BalancerError } from "../../flow-balancer/core/errors.ts";
import { assertPlainJson, MAX_DEPTH } from "../../flow-balancer/core/json.ts";

const refusal = (value: unknown, where?: string): BalancerError | null => {
  try {
    assertPlainJson(value, where);
    return null;
  } catch (thrown) {
    return thrown as BalancerError;
  }
};
const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
};
const FORBIDDEN = ["__proto__", "constructor", "prototype"] as const;

describe("assertPlainJson", () => {
  test("takes whatever JSON can say, down to the limit", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        fc.pre(!FORBIDDEN.some((key) => text.includes(key)));
        expect(refusal(JSON.parse(text))).toBeNull();
      }),
      { numRuns: 300 },
    );
    for (const wrap of [
      (inner: unknown) => [inner],
      (inner: unknown) => ({ a: inner }),
    ]) {
      expect(refusal(nested(MAX_DEPTH, wrap))).toBeNull();
      expect(refusal(nested(MAX_DEPTH + 1, wrap))?.code).toBe("INPUT_TOO_DEEP");
    }
  });

  test("survives a million levels itself", () => {
    expect(refusal(nested(1_000_000, (inner) => [inner]))?.code).toBe(
      "INPUT_TOO_DEEP",
    );
  });

  test("finds a forbidden key wherever it was put, and says where", () => {
    const path = fc.array(
      fc.oneof(
        fc.nat(3),
        fc
          .stringMatching(/^[a-z]{1,5}$/)
          .filter((key) => !FORBIDDEN.includes(key as never)),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(path, fc.constantFrom(...FORBIDDEN), (steps, key) => {
        let value: unknown = JSON.parse(`{"${key}":1}`);
        for (const step of steps.toReversed())
          value =
            typeof step === "number"
              ? [...Array.from({ length: step }, () => null), value]
              : { before: 1, [step]: value };
        const error = refusal(value, "/input");
        expect(error?.code).toBe("FORBIDDEN_KEY");
        expect(error?.message).toEndWith(
          `at ${["/input", ...steps].join("/")}`,
        );
      }),
      { numRuns: 200 },
    );
  });

  test("inherited keys are none of its business", () => {
    expect(refusal({ toString: 1, hasOwnProperty: null })).toBeNull();
  });
});
