/** No Grafana is started here: its dashboards are compared with what of their form Grafana needs, written down below. */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { metricNamesIn, seriesNames } from "../support/metric-names.ts";
import { metricsDesk } from "../support/metrics-under-test.ts";
import { promtool, testWithPromtool } from "../support/promtool.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";

const FOLDER = join(import.meta.dir, "../../monitoring/grafana");
const PROMETHEUS = join(import.meta.dir, "../../monitoring/prometheus");

/** Of the data source a person picks, so that a file works in any Grafana. */
const source = z.object({
  type: z.literal("prometheus"),
  uid: z.literal("${datasource}"),
});
const place = z.object({
  h: z.int().min(1),
  w: z.int().min(1).max(24),
  x: z.int().min(0).max(23),
  y: z.int().min(0),
});
const row = z.object({
  id: z.int(),
  type: z.literal("row"),
  title: z.string().min(1),
  collapsed: z.literal(false),
  gridPos: place,
  panels: z.tuple([]),
});
const panel = z.object({
  id: z.int(),
  type: z.enum(["timeseries", "stat"]),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: source,
  gridPos: place,
  fieldConfig: z.object({
    defaults: z.looseObject({
      unit: z.enum(["none", "ops", "s", "bytes", "percentunit"]),
    }),
    overrides: z.tuple([]),
  }),
  options: z.looseObject({}),
  targets: z
    .array(
      z.object({
        refId: z.string().regex(/^[A-Z]$/),
        datasource: source,
        expr: z.string().min(1),
        legendFormat: z.string(),
      }),
    )
    .min(1),
});
const dashboard = z.strictObject({
  uid: z.string().regex(/^[a-z-]{1,40}$/),
  title: z.string().min(1),
  description: z.string().min(1),
  tags: z.array(z.string()),
  schemaVersion: z.int().min(36),
  version: z.int(),
  editable: z.boolean(),
  graphTooltip: z.int(),
  refresh: z.string(),
  time: z.object({ from: z.string(), to: z.string() }),
  timezone: z.literal("browser"),
  annotations: z.object({ list: z.tuple([]) }),
  templating: z.object({
    list: z.array(
      z.looseObject({
        name: z.string(),
        type: z.enum(["datasource", "query"]),
        query: z.string(),
      }),
    ),
  }),
  panels: z.array(z.union([row, panel])).min(1),
});

const FILES = readdirSync(join(FOLDER, "dashboards"));
const read = (file: string) =>
  dashboard.parse(
    JSON.parse(readFileSync(join(FOLDER, "dashboards", file), "utf8")),
  );
const queriesOf = (file: string): string[] =>
  read(file).panels.flatMap((it) =>
    it.type === "row" ? [] : it.targets.map(({ expr }) => expr),
  );

test("there are dashboards to look at", () => {
  expect(FILES).toHaveLength(2);
});

describe.each(FILES)("%s", (file) => {
  test("has the form of a dashboard, with panels that do not overlap", () => {
    const { panels } = read(file);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos: at, title } of panels)
      for (let x = at.x; x < at.x + at.w; x++)
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(x).toBeLessThan(24);
          expect([title, taken.has(`${x} ${y}`)]).toEqual([title, false]);
          taken.add(`${x} ${y}`);
        }
  });

  test("asks for metrics that there are", async () => {
    const there = seriesNames(await metricsDesk().families());
    const rules = readFileSync(join(PROMETHEUS, "recording-rules.yml"), "utf8");
    const asked = queriesOf(file).flatMap(metricNamesIn);
    expect(asked.length).toBeGreaterThan(20);
    for (const name of asked)
      if (name.includes(":")) expect(rules).toContain(`record: ${name}\n`);
      else expect(there).toContain(name);
  });

  testWithPromtool("promtool can read its queries", async () => {
    using folder = new TemporaryFolder();
    const rules = queriesOf(file).map((expr, at) => ({
      record: `query_${at}`,
      // Grafana puts in what these stand for before it asks.
      expr: expr
        .replaceAll("$__rate_interval", "1m")
        .replaceAll("$job", "flow-balancer")
        .replaceAll("$instance", ".+"),
    }));
    const path = folder.file(
      "queries.json",
      JSON.stringify({ groups: [{ name: "queries", rules }] }),
    );
    const { exitCode, said } = await promtool(["check", "rules", path]);
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(exitCode).toBe(0);
  });
});

test("every metric there is is shown somewhere", async () => {
  const shown = new Set(
    FILES.flatMap(queriesOf)
      .flatMap(metricNamesIn)
      .map((name) => name.replace(/_bucket$/, "")),
  );
  const families = await metricsDesk().families();
  // Versions are for looking up, and for the list of servers.
  const missing = families
    .map(({ metric }) => metric.name)
    .filter((name) => !shown.has(name) && !name.endsWith("_build_info"));
  expect(missing).toEqual([]);
});

test("the examples of provisioning are what they say", () => {
  const yaml = (path: string) =>
    Bun.YAML.parse(readFileSync(join(FOLDER, "provisioning", path), "utf8"));
  expect(yaml("datasources/prometheus.yml")).toMatchObject({
    apiVersion: 1,
    datasources: [{ type: "prometheus", url: "http://127.0.0.1:9090" }],
  });
  expect(yaml("dashboards/flow-balancer.yml")).toMatchObject({
    apiVersion: 1,
    providers: [{ type: "file" }],
  });
});
