import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  boundedSend,
  isBeyond,
  MAX_MESSAGE_BYTES,
} from "../../flow-balancer/worker/bounded-send.ts";

const LIMIT = 1_000;
const wide = "x".repeat(LIMIT + 1);

describe("a message is too large", () => {
  test.each<readonly [string, unknown]>([
    ["as a text", wide],
    ["deep inside", { a: [{ b: new Map([["k", new Set([wide])]]) }] }],
    ["by a key", { [wide]: 1 }],
    ["by a key of a map", new Map([[wide, 1]])],
    ["by many parts", Array.from({ length: LIMIT }, () => 1)],
    ["by many small texts", Array.from({ length: 100 }, () => "0123456789")],
    ["by its length alone", Array(1e9)],
    [
      "as many entries",
      new Map(Array.from({ length: LIMIT }, (_, n) => [n, n])),
    ],
    ["as bytes", new Uint8Array(LIMIT + 1)],
    ["as bytes inside", { bytes: new ArrayBuffer(LIMIT + 1) }],
    ["as a view of many bytes", new Uint8Array(LIMIT + 1).subarray(0, 1)],
  ])("%s", (_, message) => {
    expect(isBeyond(message, LIMIT)).toBe(true);
  });
});

describe("a message is not too large", () => {
  const circular: Record<string, unknown> = { type: "hello" };
  circular["self"] = circular;
  const bytes = new ArrayBuffer(LIMIT - 100);
  const one = { text: "x".repeat(LIMIT - 100) };
  test.each<readonly [string, unknown]>([
    ["as a text of the limit", "x".repeat(LIMIT)],
    ["as what JSON cannot say", [undefined, null, 10n, NaN, new Date(0)]],
    ["if it contains itself", circular],
    ["if one object is in it many times", [one, one, one, one]],
    ["as bytes of less than the limit", new Uint8Array(LIMIT - 10)],
    ["as views of the same bytes", [0, 1].map((n) => new Uint8Array(bytes, n))],
  ])("%s", (_, message) => {
    expect(isBeyond(message, LIMIT)).toBe(false);
  });

  test("for a hundred thousand small parts, where the limit is wide", () => {
    const parts = Array.from({ length: 120_000 }, (_, n) => n);
    expect(isBeyond(parts, MAX_MESSAGE_BYTES)).toBe(false);
  });

  test("if its JSON text is a fraction of the limit, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const chars = JSON.stringify(value).length;
        expect(isBeyond(value, 10 * (chars + 1))).toBe(false);
        // An escape is up to six characters for one.
        expect(isBeyond(value, chars / 20 - 1)).toBe(true);
      }),
    );
  });
});

test("what may go goes as it was given; what may not throws and goes nowhere", () => {
  const sent: unknown[][] = [];
  const send = boundedSend((...args) => {
    sent.push(args);
    return false;
  });
  const done = (): void => {};
  expect(send({ a: 1 }, undefined, {}, done)).toBe(false);
  expect(() => send("x".repeat(MAX_MESSAGE_BYTES + 1))).toThrow(RangeError);
  expect(sent).toEqual([[{ a: 1 }, undefined, {}, done]]);
});
