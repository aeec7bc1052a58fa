/**
 * `bench [suite...] [--json] [--quick]`: measures, prints, and keeps the newest figures of each
 * suite under results/. Figures go to stdout, everything else to stderr. Exit codes: 0 measured
 * (whatever the figures say), 1 could not be measured, 2 usage.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { thisCommit, thisMachine } from "./machine.ts";
import { keep, type Report, table } from "./report.ts";
import type { Suite } from "./suite.ts";
import { SUITES } from "./suites.ts";

const USAGE = 2;
const RESULTS = join(import.meta.dir, "results");

interface Command {
  readonly suites: readonly Suite[];
  readonly json: boolean;
  readonly quick: boolean;
}

/** A text is what is wrong with the arguments. */
function parse(argv: readonly string[]): Command | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { json: { type: "boolean" }, quick: { type: "boolean" } },
    });
    const unknown = positionals.filter(
      (name) => !SUITES.some((suite) => suite.name === name),
    );
    if (unknown.length > 0)
      return `there is no suite '${unknown.join("', '")}'`;
    return {
      suites: SUITES.filter(
        ({ name }) => positionals.length === 0 || positionals.includes(name),
      ),
      json: values.json ?? false,
      quick: values.quick ?? false,
    };
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

const usage = (): string =>
  [
    "usage: bench [suite...] [--json] [--quick]",
    ...SUITES.map(({ name, measures }) => `  ${name.padEnd(12)}${measures}`),
  ].join("\n");

async function main(argv: readonly string[]): Promise<number> {
  const command = parse(argv);
  if (typeof command === "string") {
    process.stderr.write(`${command}\n${usage()}\n`);
    return USAGE;
  }
  const { suites, json, quick } = command;
  for (const suite of suites) {
    const found = await suite.run({
      quick,
      say: (text) => process.stderr.write(`${suite.name}: ${text}\n`),
    });
    const report: Report = {
      schema: 1,
      suite: suite.name,
      machine: thisMachine(),
      commit: thisCommit(),
      ...found,
    };
    process.stdout.write(`${json ? JSON.stringify(report) : table(report)}\n`);
    // A few measurements are no result.
    if (!quick) keep(report, RESULTS);
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
