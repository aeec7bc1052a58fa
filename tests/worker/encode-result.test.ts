import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeResult } from "../../flow-balancer/worker/encode-result.ts";

const LIMIT = 1_000_000;
const error = (value: unknown, limit = LIMIT) => {
  const outcome = encodeResult(value, limit);
  return outcome.status === "failed" ? outcome.error : null;
};

describe("a task's result", () => {
  test("that is JSON comes back as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const outcome = encodeResult(value, LIMIT);
        expect(outcome.status).toBe("completed");
        if (outcome.status === "completed")
          expect(JSON.parse(outcome.valueJson)).toEqual(
            JSON.parse(JSON.stringify(value)),
          );
      }),
      { numRuns: 300 },
    );
    expect(encodeResult(undefined, LIMIT)).toEqual({
      status: "completed",
      valueJson: "null",
    });
  });

  test("whatever it is, is answered and never thrown over", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withDate: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (value) => {
          const outcome = encodeResult(value, LIMIT);
          if (outcome.status === "completed") JSON.parse(outcome.valueJson);
          else
            expect(outcome).toMatchObject({
              status: "failed",
              error: { code: "RESULT_NOT_SERIALIZABLE" },
            });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("never loses a function, a symbol or a big integer without a word, wherever it hides", () => {
    const lost = fc.constantFrom<unknown>(() => 1, Symbol("s"), 1n, parseInt);
    const path = fc.array(
      fc.oneof(fc.nat(2), fc.stringMatching(/^[a-z]{1,4}$/)),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(lost, path, (thing, steps) => {
        let value: unknown = thing;
        for (const step of steps.toReversed())
          value =
            typeof step === "number"
              ? [...Array.from({ length: step }, () => 0), value]
              : { first: 1, [step]: value };
        const said = error(value);
        expect(said?.code).toBe("RESULT_NOT_SERIALIZABLE");
        expect(said?.message).toContain(`a ${typeof thing} is not JSON`);
        const last = steps.at(-1);
        if (last !== undefined) expect(said?.message).toContain(`'${last}'`);
      }),
      { numRuns: 200 },
    );
  });

  test("is measured in bytes, not in characters, and refused with both numbers", () => {
    expect(error("é".repeat(10), 22)).toBeNull();
    expect(error("é".repeat(10), 21)).toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      message: "the result is 22 bytes, the limit is 21",
    });
  });
});
