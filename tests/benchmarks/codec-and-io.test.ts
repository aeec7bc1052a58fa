import { expect, test } from "bun:test";
import { codec } from "../../benchmarks/codec.bench.ts";
import { io } from "../../benchmarks/io.bench.ts";
import { payloads } from "../../benchmarks/payloads.ts";

const quick = { quick: true, say: () => {} };

test.each([codec, io])(
  "a quick run of $name measures every case and judges every claim",
  async (suite) => {
    const { cases, targets } = await suite.run(quick);
    expect(cases.length).toBeGreaterThan(10);
    for (const { p50 } of cases) expect(p50).toBeGreaterThan(0);
    const claims = targets.filter(({ name }) => name.startsWith("claim: "));
    expect(claims.length).toBeGreaterThan(2);
    for (const { measured } of targets) expect(measured).not.toBeNaN();
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  },
  20_000,
);

test("payloads are of the size asked for, the same each time, and all but one shrink", () => {
  const [one, other] = [payloads(16_384), payloads(16_384)];
  expect(one).toEqual(other);
  const shares = one.map(({ bytes }) => {
    expect(bytes).toHaveLength(16_384);
    return Bun.zstdCompressSync(bytes).length / bytes.length;
  });
  expect(shares.filter((share) => share < 0.5)).toHaveLength(3);
  expect(shares.at(-1)).toBeGreaterThan(1);
});
