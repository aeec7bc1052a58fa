import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { defineTool } from "../../flow-balancer/mcp/catalog.ts";
import { sampleCatalog } from "./sample-catalog.ts";
import { type Message, StdioPair } from "./stdio-pair.ts";

const talker = defineTool({
  name: "talk",
  title: "Talk",
  description: "Logs once at three levels",
  input: z.object({}),
  run(_input, call) {
    for (const level of ["debug", "warning", "error"] as const)
      call.log(level, { level });
    return Promise.resolve({ content: [] });
  },
});

const LOG_LEVEL = "io.modelcontextprotocol/logLevel";

const levelsIn = (pair: StdioPair): unknown[] =>
  pair.received
    .filter(({ method }: Message) => method === "notifications/message")
    .map(({ params }: Message) => params.level);

describe("log messages", () => {
  test("a legacy client gets those at or above the level it set, all before that", async () => {
    const pair = new StdioPair(sampleCatalog([talker]).catalog);
    await pair.initialize();
    await pair.call("talk");
    expect(levelsIn(pair)).toEqual(["debug", "warning", "error"]);
    await pair.request("logging/setLevel", { level: "error" });
    await pair.call("talk");
    expect(levelsIn(pair).slice(3)).toEqual(["error"]);
    await pair.close();
  });

  test("a modern client gets those it asked for on the request, none otherwise", async () => {
    const pair = new StdioPair(sampleCatalog([talker]).catalog, "modern");
    await pair.call("talk");
    expect(levelsIn(pair)).toEqual([]);
    await pair.call("talk", {}, { _meta: { [LOG_LEVEL]: "warning" } });
    expect(levelsIn(pair)).toEqual(["warning", "error"]);
    await pair.close();
  });
});
