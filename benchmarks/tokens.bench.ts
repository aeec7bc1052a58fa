/**
 * What the list of tools costs a model that is shown it, in tokens of o200k_base: the whole answer
 * to tools/list as JSON, and each tool. No clock in it, so one run says all.
 */

import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { ERAS } from "./mcp-messages.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { OURS, startServer } from "./servers.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

const UNIT = "tokens (o200k_base)";
const MAX_TOKENS = 3_500;

type Tool = Readonly<Record<string, unknown>>;

export const tokens: Suite = {
  name: "tokens",
  measures: "tokens of the tools/list answer, by o200k_base of gpt-tokenizer",
  run: measureTokens,
};

async function measureTokens({ say }: RunOptions): Promise<Findings> {
  using project = new TemporaryProject();
  const totals: BenchCase[] = [];
  const parts: BenchCase[] = [];
  for (const era of ERAS) {
    say(era);
    const peer = startServer(OURS, era, project);
    try {
      await peer.open();
      const { result } = await peer.request("tools/list");
      const tools = (result?.["tools"] ?? []) as readonly Tool[];
      totals.push(counted(`tools/list, ${era}`, result));
      // The eras' tools differ by a few tokens; one of them shows where they go.
      if (era === "legacy") continue;
      parts.push(
        counted(
          "names, descriptions and input schemas alone",
          tools.map(({ name, description, inputSchema }) => ({
            name,
            description,
            inputSchema,
          })),
        ),
        ...tools.map((tool) => counted(String(tool["name"]), tool)),
      );
    } finally {
      await peer.close();
    }
  }
  return {
    cases: [...totals, ...parts],
    targets: totals.map(({ name, p50 }) => ({
      name,
      limit: MAX_TOKENS,
      measured: p50,
      unit: UNIT,
    })),
  };
}

const counted = (name: string, value: unknown): BenchCase =>
  benchCase(name, UNIT, [countTokens(JSON.stringify(value))]);
