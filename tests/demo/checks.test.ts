import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { analyseSource } from "../../flow-balancer/demo/analyse-source.ts";
import type { MeasuredFile } from "../../flow-balancer/demo/batch.ts";
import { checkResults } from "../../flow-balancer/demo/checks.ts";
import { openRepository } from "../../flow-balancer/demo/git.ts";
import type { History } from "../../flow-balancer/demo/history.ts";
import { SampleRepository } from "./sample-repository.ts";

const FILES = { "a.ts": "let a = 1;\n", "b c.ts": "let b = 2;\nb++;" };
const history = { commits: 1 } as History;

let sample: SampleRepository;
beforeAll(async () => {
  sample = new SampleRepository();
  for (const [path, text] of Object.entries(FILES))
    await sample.write(path, text);
  sample.commit("Both");
});
afterAll(() => sample.remove());

const measured: MeasuredFile[] = Object.entries(FILES).map(([path, text]) => ({
  path,
  ...analyseSource(Buffer.from(text)),
}));

const check = async (files: readonly MeasuredFile[], log: History | null) =>
  checkResults(await openRepository(sample.root), files, log);

describe("results that are right", () => {
  test("pass every check", async () => {
    const checks = await check(measured, history);
    expect(checks).toHaveLength(4);
    for (const { ok, mismatch } of checks)
      expect({ ok, mismatch }).toEqual({ ok: true, mismatch: null });
  });

  test("pass three where there is no history", async () => {
    const checks = await check(measured, null);
    expect(checks.map(({ ok }) => ok)).toEqual([true, true, true]);
  });
});

describe("one wrong figure fails its check and no other", () => {
  test.each([
    ["sha256", 0, { sha256: "0".repeat(64) }],
    ["lines", 1, { lines: 3 }],
    ["bytes", 1, { bytes: 1 }],
    ["gzip_bytes", 2, { gzip_bytes: 1 }],
  ])("%s", async (_name, failing, wrong: Partial<MeasuredFile>) => {
    const [first, second] = measured;
    const checks = await check([first!, { ...second!, ...wrong }], history);
    expect(checks.map(({ ok }) => !ok)).toEqual(
      [0, 1, 2, 3].map((index) => index === failing),
    );
    expect(checks[failing]?.mismatch).toContain("b c.ts: got ");
  });

  test("commits", async () => {
    const checks = await check(measured, { commits: 2 } as History);
    expect(checks.at(-1)).toMatchObject({
      ok: false,
      mismatch: "git log: got 2, expected 1",
    });
  });
});
