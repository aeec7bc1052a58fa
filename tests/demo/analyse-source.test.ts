import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  analyseSource,
  countLines,
} from "../../flow-balancer/demo/analyse-source.ts";
import analyseFile from "../../flow-balancer/demo/analyse-file.ts";

const measured = (text: string) => analyseSource(Buffer.from(text));

test("a line of text has the measures that other programs give it", () => {
  // sha256sum, wc, gzip -9n, zstd -19 --no-check.
  expect(measured("hello world\n")).toEqual({
    bytes: 12,
    lines: 1,
    tokens: 2,
    sha256: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447",
    gzip_bytes: 32,
    zstd_bytes: 21,
    brotli_bytes: 16,
  });
});

test("nothing is nothing, save the frames of the compressors", () => {
  expect(measured("")).toEqual({
    bytes: 0,
    lines: 0,
    tokens: 0,
    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    gzip_bytes: 20,
    zstd_bytes: 9,
    brotli_bytes: 1,
  });
});

test("words of any script are one token, other characters one each", () => {
  // const | größe | = | a_1 | + | 2 | ; | / | / | done | x
  expect(measured("const größe = a_1+2; // done\nx").tokens).toBe(11);
  expect(measured("日本語 🙂").tokens).toBe(2);
});

test("lines are newline characters", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "\n", "é", "\r")), (parts) => {
      const text = parts.join("");
      expect(countLines(Buffer.from(text))).toBe(text.split("\n").length - 1);
    }),
  );
});

test("bytes that are no UTF-8 are measured too", () => {
  const measures = analyseSource(new Uint8Array([0xff, 0x0a, 0xc3]));
  expect(measures).toMatchObject({ bytes: 3, lines: 1 });
});

test("the task module describes its input and refuses what it does not know", () => {
  const { kind, input } = analyseFile;
  expect(kind).toBe("analyse_file");
  expect(input.safeParse({ root: "/r", path: "a.ts" }).success).toBe(true);
  expect(input.safeParse({ root: "/r", path: "" }).success).toBe(false);
  expect(input.safeParse({ root: "/r", path: "a", more: 1 }).success).toBe(
    false,
  );
});
