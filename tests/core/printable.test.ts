import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  printable,
  printableJson,
  printableLines,
} from "../../flow-balancer/core/printable.ts";

const HOSTILE = "a\u001b[31m\r\n\tb\u009b2J\u202ec\u2028d\u0000";

test("text of others is one line that shows what was in it", () => {
  expect(printable(HOSTILE)).toBe(
    "a\\u001b[31m\\r\\n\\tb\\u009b2J\\u202ec\\u2028d\\u0000",
  );
  expect(printable("naïve 日本 👩‍👩‍👧 'x' \"y\" \\")).toBe(
    "naïve 日本 👩‍👩‍👧 'x' \"y\" \\",
  );
  expect(printable("half \ud83d")).toBe("half \\ud83d");
});

test("of several lines the lines are kept, and nothing else", () => {
  expect(printableLines("a\n\tb\r\u001b")).toBe("a\n\tb\\r\\u001b");
});

test("as JSON it is the same value, and nothing in it steers", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.string({ unit: "binary" }),
      (value, text) => {
        const json = printableJson({ value, text, hostile: HOSTILE });
        expect(JSON.parse(json)).toEqual(
          JSON.parse(JSON.stringify({ value, text, hostile: HOSTILE })),
        );
        expect(json).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028]/u);
      },
    ),
  );
});
