import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  damageOfText,
  MIN_PACKED_CHARS,
  packBoth,
  packText,
  unpackText,
} from "../../flow-balancer/codec/stored-text.ts";

/** Also halves of surrogate pairs, nulls and byte order marks, short and long. */
const text = fc
  .tuple(fc.string({ unit: "binary" }), fc.nat(400))
  .map(([piece, times]) => piece.repeat(times));

test("any text comes back as it was", async () => {
  let packed = 0;
  await fc.assert(
    fc.asyncProperty(text, async (it) => {
      const stored = await packText(it);
      if (typeof stored !== "string") packed++;
      expect(damageOfText(stored)).toBeNull();
      expect(unpackText(stored, "it")).toBe(it);
    }),
    { numRuns: 200 },
  );
  expect(packed).toBeGreaterThan(10);
  expect(packed).toBeLessThan(200);
});

test.each([
  ["a byte order mark", `\uFEFF${"a".repeat(5_000)}`],
  ["a null", `\0${"a".repeat(5_000)}\0`],
  ["what takes four bytes", "🜚".repeat(3_000)],
  ["half a surrogate pair", `${"a".repeat(5_000)}\uD800`],
  ["more than is compressed on the thread", "line\n".repeat(100_000)],
])("%s survives", async (_, it) => {
  expect(unpackText(await packText(it), "it")).toBe(it);
});

test("short text stays text, and so does what would not shrink", async () => {
  const short = "a".repeat(MIN_PACKED_CHARS - 1);
  expect(packText(short)).toBe(short);
  expect(packText(`${short}a`)).toBeInstanceOf(Uint8Array);
  // Seven bits of chance in each byte: an eighth is all that could be saved, less what a frame costs.
  const shapeless = String.fromCharCode(
    ...Array.from({ length: MIN_PACKED_CHARS }, (_, at) =>
      Number(Bun.hash.xxHash3(String(at)) & 127n),
    ),
  );
  expect(packText(shapeless)).toBe(shapeless);
});

test("only big text is a promise, and the thread is free meanwhile", async () => {
  const big = "line of a log\n".repeat(100_000);
  const packing = packText(big);
  expect(packing).toBeInstanceOf(Promise);
  const stored = await packing;
  expect((stored as Uint8Array).length).toBeLessThan(big.length / 10);
  expect(packBoth("a", null)).toEqual(["a", null]);
  expect(await packBoth(big, "b")).toEqual([stored, "b"]);
});
