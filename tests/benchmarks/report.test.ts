import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interleave } from "../../benchmarks/interleave.ts";
import { thisMachine } from "../../benchmarks/machine.ts";
import {
  benchCase,
  isMet,
  keep,
  type Report,
  table,
} from "../../benchmarks/report.ts";
import { echoOnce, OURS } from "../../benchmarks/servers.ts";

const oneTo = (last: number): number[] =>
  Array.from({ length: last }, (_, index) => last - index);

function sampleReport(): Report {
  const floor = benchCase("bare", "ms", oneTo(100));
  const ours = benchCase("ours", "ms", [60, 60, 90], floor);
  return {
    schema: 1,
    suite: "sample",
    machine: thisMachine(),
    commit: `${"0123456789".repeat(4)}-dirty`,
    cases: [floor, ours],
    targets: [
      { name: "kept", limit: 1.2, measured: 1.2, unit: "times" },
      { name: "broken", limit: 1.2, measured: 1.21, unit: "times" },
      { name: "reached", atLeast: 3, measured: 3, unit: "times" },
      { name: "missed", atLeast: 3, measured: 2.99, unit: "times" },
    ],
    notes: ["somebody was left out"],
  };
}

test("percentiles are values of the sample, whatever its order", () => {
  expect(benchCase("a", "ms", oneTo(200))).toEqual({
    name: "a",
    unit: "ms",
    p50: 100,
    p95: 190,
    p99: 198,
    n: 200,
  });
});

test("a case against another one names it and compares medians; only times are subtracted", () => {
  const floor = benchCase("bare", "ms", [10, 20, 30]);
  expect(benchCase("ours", "ms", [50], floor)).toMatchObject({
    ratio_to: "bare",
    ratio: 2.5,
    added: 30,
  });
  const rate = benchCase("bare", "calls/s", [10]);
  expect(benchCase("ours", "calls/s", [5], rate)).not.toHaveProperty("added");
});

test("microseconds are times too", () => {
  const floor = benchCase("bare", "us", [10]);
  expect(benchCase("ours", "us", [12], floor)).toMatchObject({ added: 2 });
});

test("nothing measured is no case", () => {
  expect(() => benchCase("a", "ms", [])).toThrow("measured nothing");
});

test("what could not be measured meets no target, of either form", () => {
  const nothing = { name: "a", measured: Number.NaN, unit: "times" };
  expect(isMet({ ...nothing, limit: 1 })).toBe(false);
  expect(isMet({ ...nothing, atLeast: 1 })).toBe(false);
});

test("the table shows every case and whether each target is met", () => {
  const lines = table(sampleReport()).split("\n");
  expect(lines[0]).toContain("012345678901-dirty");
  expect(lines.find((line) => line.startsWith("ours"))).toMatch(
    /60 +90 +90 +ms +3 +x 1\.2 +\+10 +bare$/,
  );
  expect(lines.filter((line) => line.startsWith("met "))).toEqual([
    expect.stringMatching(/kept: 1\.2 times, at most 1\.2$/),
    expect.stringMatching(/reached: 3 times, at least 3$/),
  ]);
  expect(lines.filter((line) => line.startsWith("not met"))).toEqual([
    expect.stringContaining("broken"),
    expect.stringContaining("missed"),
  ]);
  expect(lines.at(-1)).toBe("note     somebody was left out");
});

test("a report is kept under its suite's name, and the next one takes its place", () => {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-report-"));
  try {
    const report = sampleReport();
    keep(report, join(folder, "results"));
    keep({ ...report, commit: "later" }, join(folder, "results"));
    expect(
      JSON.parse(readFileSync(join(folder, "results/sample.json"), "utf8")),
    ).toEqual({ ...report, commit: "later" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("rounds go forwards and backwards in turn", async () => {
  const order: string[] = [];
  await interleave(["a", "b", "c"], 3, async (candidate, round) => {
    order.push(`${candidate}${round}`);
  });
  expect(order.join(" ")).toBe("a0 b0 c0 c1 b1 a1 a2 b2 c2");
});

test.each([
  ["another value", { structuredContent: { value: { serial: 2, text: "x" } } }],
  [
    "a failure with the right value",
    { isError: true, structuredContent: { value: { serial: 1, text: "x" } } },
  ],
  ["nothing structured", { content: [] }],
])("a call answered with %s stops the benchmark", async (_, result) => {
  const peer = { call: () => Promise.resolve({ id: 1, result }) };
  await expect(
    echoOnce(peer, OURS.echo, { serial: 1, text: "x" }),
  ).rejects.toThrow("was given");
});
