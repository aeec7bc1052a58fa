import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isMet, type Report } from "../../benchmarks/report.ts";
import { SUITES } from "../../benchmarks/suites.ts";

const RUN = join(import.meta.dir, "../../benchmarks/run.ts");
const RESULTS = join(import.meta.dir, "../../benchmarks/results");

async function bench(...args: string[]) {
  const run = Bun.spawn([process.execPath, RUN, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    run.stdout.text(),
    run.stderr.text(),
    run.exited,
  ]);
  return { stdout, stderr, exitCode };
}

const kept = (suite: string): string | null => {
  const path = join(RESULTS, `${suite}.json`);
  return existsSync(path) ? readFileSync(path, "utf8") : null;
};

/** A quick run's one object, and that it left no result. */
async function quickReport(suite: string): Promise<Report> {
  const before = kept(suite);
  const { stdout, stderr, exitCode } = await bench(suite, "--json", "--quick");
  expect(stderr).not.toContain("error");
  expect(exitCode).toBe(0);
  expect(kept(suite)).toBe(before);
  expect(stdout.trim().split("\n")).toHaveLength(1);
  return JSON.parse(stdout) as Report;
}

test.each([
  ["an unknown suite", ["mcp", "speed"], "there is no suite 'speed'"],
  ["an unknown option", ["--fast"], "--fast"],
])(
  "%s measures nothing and is answered with the list of suites",
  async (_, args, message) => {
    const { stdout, stderr, exitCode } = await bench(...args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    for (const { name, measures } of SUITES) {
      expect(stderr).toContain(name);
      expect(stderr).toContain(measures);
    }
  },
);

test("--json prints one object of the promised shape, which says nothing of whose machine it is", async () => {
  const report = await quickReport("tokens");
  expect(report).toMatchObject({
    schema: 1,
    suite: "tokens",
    machine: {
      cpu: expect.any(String),
      cores: expect.any(Number),
      memory_gib: expect.any(Number),
      kernel: expect.any(String),
      bun: Bun.version,
    },
    commit: expect.any(String),
  });
  expect(report.cases.length).toBeGreaterThan(10);
  for (const it of report.cases)
    expect(it).toEqual({
      name: expect.any(String),
      unit: "tokens (o200k_base)",
      p50: expect.any(Number),
      p95: expect.any(Number),
      p99: expect.any(Number),
      n: 1,
    });
  const text = JSON.stringify(report);
  expect(text).not.toContain(hostname());
  expect(text).not.toContain(import.meta.dir);
});

test("the pool's tools fit into 3500 tokens, and all together into 5000, in both eras", async () => {
  const { targets } = await quickReport("tokens");
  expect(targets).toMatchObject([
    { limit: 3_500 },
    { limit: 3_500 },
    { limit: 5_000 },
    { limit: 5_000 },
  ]);
  for (const target of targets) {
    expect(target.measured).toBeGreaterThan(500);
    expect(isMet(target)).toBe(true);
  }
});

test("a quick run of mcp gets every answer right, in both eras and at every load", async () => {
  const { cases, targets } = await quickReport("mcp");
  const ours = cases.filter(
    ({ name, unit }) => name.startsWith("flow-balancer") && unit === "ms",
  );
  expect(ours.map(({ n }) => n)).toEqual([20, 20, 20, 20, 20, 20]);
  for (const { ratio_to } of ours)
    expect(cases.some(({ name }) => name === ratio_to)).toBe(true);
  expect(targets).toHaveLength(2);
}, 30_000);
