import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  parseTraceparent,
  traceparentOf,
} from "../../flow-balancer/core/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("what the standard shows is read, and written again as it was", () => {
  const text = `00-${TRACE}-${SPAN}-01`;
  const found = parseTraceparent(text);
  expect(found).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
  expect(traceparentOf(found!)).toBe(text);
});

test("of a later version, what this one knows is read", () => {
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-00-what-comes`)).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    flags: 0,
  });
});

test.each([
  "",
  "00",
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01-more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${"0".repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE}-${SPAN}-01\n`,
  `cc-${TRACE}-${SPAN}-00-${"x".repeat(300)}`,
  42,
  null,
  undefined,
  {},
])("none: %j", (text) => {
  expect(parseTraceparent(text)).toBeNull();
});

test("any text at all is read, or is none", () => {
  const hex = (digits: number) =>
    fc.string({
      unit: fc.constantFrom(..."0123456789abcdef"),
      minLength: digits,
      maxLength: digits,
    });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc
          .tuple(hex(2), hex(32), hex(16), hex(2))
          .map((parts) => parts.join("-")),
      ),
      (text) => {
        const found = parseTraceparent(text);
        if (found !== null)
          expect(text.slice(2)).toBe(traceparentOf(found).slice(2));
      },
    ),
  );
});
