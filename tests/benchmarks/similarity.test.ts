import { expect, test } from "bun:test";
import { similarity } from "../../benchmarks/similarity.bench.ts";

test("a quick run measures the ladder beside token Jaccard, at every kind of pair", async () => {
  const { cases, targets } = await similarity.run({
    quick: true,
    say: () => {},
  });
  expect(cases.length).toBe(2 * targets.length);
  for (const { p50 } of cases) expect(p50).toBeGreaterThan(0);
  for (const rung of ["shingles", "MinHash", "items", "answers"])
    expect(targets.some(({ name }) => name.includes(`(${rung})`))).toBe(true);
});
