import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { metricsDesk } from "../support/metrics-under-test.ts";
import { metricNamesIn, seriesNames } from "../support/metric-names.ts";
import { promtool, testWithPromtool } from "../support/promtool.ts";

const FOLDER = join(import.meta.dir, "../../monitoring/prometheus");

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly record?: string;
      readonly expr: string;
      readonly annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
}

const rulesOf = (file: string) =>
  (
    Bun.YAML.parse(readFileSync(join(FOLDER, file), "utf8")) as RuleFile
  ).groups.flatMap(({ rules }) => rules);

const RECORDED = rulesOf("recording-rules.yml");
const ALERTS = rulesOf("alerts.yml");

describe("rules", () => {
  test("ask for metrics that there are", async () => {
    const families = await metricsDesk().families();
    // Prometheus adds that one.
    const there = new Set(["up", ...seriesNames(families)]);
    const recorded = new Set(RECORDED.map(({ record }) => record));
    const asked = [...RECORDED, ...ALERTS].flatMap(({ expr }) =>
      metricNamesIn(expr),
    );
    expect(asked.length).toBeGreaterThan(20);
    for (const name of asked)
      if (!recorded.has(name)) expect(there).toContain(name);
  });

  test("that alert say what is wrong and what to do", () => {
    expect(ALERTS.length).toBeGreaterThanOrEqual(15);
    for (const { annotations } of ALERTS)
      for (const text of [
        annotations?.["summary"],
        annotations?.["description"],
      ])
        expect(text).toMatch(/^.{20,}[.]$/);
  });

  test("that alert each have a test that they fire and clear", () => {
    const tests = readFileSync(join(FOLDER, "alerts.test.yml"), "utf8");
    for (const { alert } of ALERTS) expect(tests).toContain(`name: ${alert}\n`);
  });
});

testWithPromtool(
  "promtool takes the rules and the example configuration",
  async () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yml"));
    expect(files).toHaveLength(4);
    for (const args of [
      ["check", "rules", "recording-rules.yml", "alerts.yml"],
      ["check", "config", "--syntax-only", "prometheus.yml"],
    ]) {
      const { exitCode, said } = await promtool(args, { cwd: FOLDER });
      expect(said).not.toContain("FAILED");
      expect(exitCode).toBe(0);
    }
  },
);

testWithPromtool(
  "each alert is quiet, fires and clears on what it is for",
  async () => {
    const { exitCode, said } = await promtool(
      ["test", "rules", "alerts.test.yml"],
      { cwd: FOLDER },
    );
    expect(said).toContain("SUCCESS");
    expect(exitCode).toBe(0);
  },
);
