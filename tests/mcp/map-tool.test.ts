import { expect, test } from "bun:test";
import type { CallContext } from "../../flow-balancer/mcp/catalog.ts";
import { mapTool } from "../../flow-balancer/mcp/map-tool.ts";
import { MapBench, settle } from "./map-bench.ts";

interface Answer {
  readonly structuredContent: {
    readonly status: string;
    readonly map_id: string;
  };
}

const toolOf = (bench: MapBench) => {
  const { engine, env } = bench;
  const tool = mapTool({
    engine: async () => engine,
    env,
  } as unknown as Parameters<typeof mapTool>[0]);
  return (args: Record<string, unknown>) =>
    tool.run(args, {
      client: null,
      connection: "c",
      receivedAt: env.mono(),
      signal: new AbortController().signal,
      progress: null,
      log() {},
    } as unknown as CallContext) as Promise<Answer>;
};

/** Begins so many maps of one item that their callers do not wait for, and ends them in order. */
async function ended(bench: MapBench, maps: number) {
  const call = toolOf(bench);
  const ids: string[] = [];
  for (let at = 0; at < maps; at++) {
    const asked = call({ kind: "k", items: [at] });
    await settle();
    bench.env.advance(100);
    ids.push((await asked).structuredContent.map_id);
  }
  for (let at = 0; at < maps; at++) {
    bench.double(at);
    await settle();
  }
  return { call, ids };
}

test("of maps whose values nobody asked for, the twenty that ended last are kept", async () => {
  const { call, ids } = await ended(new MapBench(), 22);
  const [first = "", second = "", third = ""] = ids;
  for (const map_id of [first, second])
    await expect(call({ map_id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  for (const map_id of [third, ids.at(-1)])
    expect((await call({ map_id })).structuredContent.status).toBe("completed");
});

test("and none longer than ten minutes", async () => {
  const bench = new MapBench();
  const { call, ids } = await ended(bench, 1);
  bench.env.advance(600_000);
  await expect(call({ map_id: ids[0] })).rejects.toMatchObject({
    code: "NOT_FOUND",
    hint: expect.stringContaining("ten minutes"),
  });
});
