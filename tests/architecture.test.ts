/**
 * The law of imports and shape. The table is in architecture/rooms.ts. Each rule is also run on
 * planted breaches: a rule that reports nothing there checks nothing here.
 */

import { describe, expect, test } from "bun:test";
import {
  arrowBreaches,
  type Breach,
  circleBreaches,
  purityBreaches,
} from "./architecture/import-rules.ts";
import { type Module, parseModule } from "./architecture/parse-module.ts";
import { PLANTED, SOUND } from "./architecture/planted.ts";
import { readSources, topLevelEntries } from "./architecture/repository.ts";
import { roomOf } from "./architecture/rooms.ts";
import { shapeBreaches, topLevelBreaches } from "./architecture/shape-rules.ts";

const modulesOf = (sources: Iterable<readonly [string, string]>): Module[] =>
  [...sources].map(([path, text]) => parseModule(path, text));

const allBreaches = (modules: readonly Module[]): Breach[] =>
  [arrowBreaches, purityBreaches, circleBreaches, shapeBreaches].flatMap(
    (rule) => rule(modules),
  );

const lines = (breaches: readonly Breach[]): string[] =>
  breaches.map(({ rule, where, what }) => `${rule}: ${where} ${what}`);

const sources = readSources();
const modules = modulesOf(sources);

describe("the repository keeps the law:", () => {
  test("every import follows an arrow of the table", () => {
    expect(lines(arrowBreaches(modules))).toEqual([]);
  });
  test("core and policy touch no clock, chance, environment or I/O", () => {
    expect(lines(purityBreaches(modules))).toEqual([]);
  });
  test("no file needs itself by way of others", () => {
    expect(lines(circleBreaches(modules))).toEqual([]);
  });
  test("files are named, sized and exported as agreed", () => {
    expect(lines(shapeBreaches(modules))).toEqual([]);
  });
  test("nothing unexpected lies at the top", () => {
    const entries = topLevelEntries();
    expect(entries).toContain("package.json");
    expect(lines(topLevelBreaches(entries))).toEqual([]);
  });
});

describe("the law looked at something:", () => {
  test.each([
    "core",
    "worker",
    "pool",
    "store",
    "queue",
    "mcp",
    "config",
    "env",
    "dispatcher",
    "commands",
    "composition",
    "tests",
  ])("files and imports of %s", (name) => {
    const own = modules.filter(({ path }) => roomOf(path)?.name === name);
    expect(own.length).toBeGreaterThan(0);
    expect(own.flatMap((it) => it.imports).length).toBeGreaterThan(0);
  });
  test("all that Bun's own scanner finds is found", () => {
    const scanners = {
      ts: new Bun.Transpiler({ loader: "ts" }),
      tsx: new Bun.Transpiler({ loader: "tsx" }),
    };
    let seen = 0;
    for (const { path, imports } of modules) {
      const found = new Set(imports.map(({ specifier }) => specifier));
      const scanner = scanners[path.endsWith(".tsx") ? "tsx" : "ts"];
      for (const { path: specifier } of scanner.scanImports(
        sources.get(path)?.replace(/^#!.*/, "") ?? "",
      )) {
        // What JSX becomes calls a function that no source names.
        if (/^react(?:\/jsx-(?:dev-)?runtime)?$/.test(specifier)) continue;
        expect([path, found.has(specifier)]).toEqual([path, true]);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(modules.length);
  });
});

describe("every rule bites:", () => {
  test.each(PLANTED)("$name", ({ sources: planted, says }) => {
    expect(lines(allBreaches(modulesOf(Object.entries(planted))))).toEqual([
      expect.stringContaining(says),
    ]);
  });
  test("a stray entry at the top is reported", () => {
    expect(lines(topLevelBreaches(["README.md", "scratch"]))).toEqual([
      expect.stringContaining("scratch"),
    ]);
  });
  test("a file that is not TypeScript is refused, not skipped", () => {
    expect(() => parseModule("flow-balancer/core/a.ts", "const = 1")).toThrow(
      "flow-balancer/core/a.ts",
    );
  });
  test("sound sources are not reported", () => {
    expect(lines(allBreaches(modulesOf(Object.entries(SOUND))))).toEqual([]);
  });
});
