/**
 * What the list of tools costs a model that is shown it, in tokens of o200k_base: the whole answer
 * to tools/list as JSON, and each tool. No clock in it, so one run says all.
 */

import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { ERAS, type Era } from "./mcp-messages.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { OURS, startServer } from "./servers.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

const UNIT = "tokens (o200k_base)";
/** What clients see: the pool's tools alone, or with the board's, as by default. */
const LISTS = [
  { name: "tools/list of the pool", flags: ["--toolsets=pool"], limit: 3_500 },
  { name: "tools/list", flags: [], limit: 5_000 },
] as const;

type Tool = Readonly<Record<string, unknown>>;

export const tokens: Suite = {
  name: "tokens",
  measures: "tokens of the tools/list answer, by o200k_base of gpt-tokenizer",
  run: measureTokens,
};

async function measureTokens({ say }: RunOptions): Promise<Findings> {
  using project = new TemporaryProject();
  const totals: { readonly total: BenchCase; readonly limit: number }[] = [];
  let parts: BenchCase[] = [];
  for (const { name, flags, limit } of LISTS)
    for (const era of ERAS) {
      say(`${name}, ${era}`);
      const result = await listOf(era, project, flags);
      totals.push({ total: counted(`${name}, ${era}`, result), limit });
      // The eras' tools differ by a few tokens; one of them shows where they go.
      parts = partsOf((result?.["tools"] ?? []) as readonly Tool[]);
    }
  return {
    cases: [...totals.map(({ total }) => total), ...parts],
    targets: totals.map(({ total, limit }) => ({
      name: total.name,
      limit,
      measured: total.p50,
      unit: UNIT,
    })),
  };
}

async function listOf(
  era: Era,
  project: TemporaryProject,
  flags: readonly string[],
): Promise<Tool | undefined> {
  const peer = startServer(OURS, era, project, flags);
  try {
    await peer.open();
    return (await peer.request("tools/list")).result;
  } finally {
    await peer.close();
  }
}

const partsOf = (tools: readonly Tool[]): BenchCase[] => [
  counted(
    "names, descriptions and input schemas alone",
    tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    })),
  ),
  ...tools.map((tool) => counted(String(tool["name"]), tool)),
];

const counted = (name: string, value: unknown): BenchCase =>
  benchCase(name, UNIT, [countTokens(JSON.stringify(value))]);
