import { describe, expect, test } from "bun:test";
import { type Page, pageOf } from "../../flow-balancer/mcp/pagination.ts";
import { sampleCatalog } from "./sample-catalog.ts";
import { type Message, StdioPair } from "./stdio-pair.ts";

const eras = ["legacy", "modern"] as const;

async function opened(
  era: (typeof eras)[number],
  sample = sampleCatalog(),
): Promise<StdioPair> {
  const pair = new StdioPair(sample.catalog, era);
  if (era === "legacy") await pair.initialize();
  return pair;
}

describe("pages", () => {
  const all = Array.from({ length: 25 }, (_, index) => index);

  test("following the cursors gives everything once, in order", () => {
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<number> = pageOf(
        "tools/list",
        all,
        cursor ?? undefined,
        10,
      );
      seen.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all);
  });

  test("a list that fits is one page without a cursor", () => {
    expect(pageOf("tools/list", all, undefined, 25)).toEqual({
      items: all,
      nextCursor: null,
    });
  });

  test("a cursor is good for the list that gave it, and for nothing else", () => {
    const { nextCursor } = pageOf("tools/list", all, undefined, 10);
    expect(() => pageOf("prompts/list", all, nextCursor, 10)).toThrow("cursor");
    for (const cursor of ["", "x", 3, null, `${nextCursor}x`, "MTA"])
      expect(() => pageOf("tools/list", all, cursor, 10)).toThrow("cursor");
  });
});

describe.each(eras)("lists and reads, %s", (era) => {
  test.each([
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "prompts/list",
  ])("%s refuses a cursor it never gave", async (method) => {
    const pair = await opened(era);
    expect(await pair.request(method, { cursor: "bogus" })).toMatchObject({
      error: { code: -32602, message: expect.stringContaining(method) },
    });
    await pair.close();
  });

  test("a resource is read by its URI, or by a template that knows it", async () => {
    const pair = await opened(era);
    const fixed = await pair.request("resources/read", {
      uri: "sample://fixed",
    });
    expect(fixed.result.contents).toEqual([
      { uri: "sample://fixed", text: "fixed" },
    ]);
    if (era === "modern")
      expect(fixed.result).toMatchObject({ ttlMs: 500, cacheScope: "private" });
    const item = await pair.request("resources/read", {
      uri: "sample://item/a%20b",
    });
    expect(item.result.contents[0].text).toBe("a b");
    await pair.close();
  });

  test.each(["sample://item/none", "sample://other", "sample://item/%ff"])(
    "%s is not found, and says which",
    async (uri) => {
      const pair = await opened(era);
      expect(await pair.request("resources/read", { uri })).toMatchObject({
        error: { code: -32602, data: { uri } },
      });
      await pair.close();
    },
  );

  test("a prompt says what is wrong with its arguments", async () => {
    const pair = await opened(era);
    const good = await pair.request("prompts/get", {
      name: "greeting",
      arguments: { who: "Ada" },
    });
    expect(good.result.messages[0].content.text).toBe("Greet Ada.");
    const bad = await pair.request("prompts/get", {
      name: "greeting",
      arguments: { hwo: "Ada" },
    });
    expect(bad.error.code).toBe(-32602);
    expect(bad.error.message).toContain("did you mean 'who'?");
    expect(bad.error.message).toContain("/arguments/who: required");
    expect(
      await pair.request("prompts/get", { name: "greetign" }),
    ).toMatchObject({
      error: { message: expect.stringContaining("did you mean 'greeting'?") },
    });
    await pair.close();
  });

  test("completions come from prompts and templates, at most 100 at once", async () => {
    const pair = await opened(era);
    const template = await pair.request("completion/complete", {
      ref: { type: "ref/resource", uri: "sample://item/{id}" },
      argument: { name: "id", value: "a" },
    });
    expect(template.result.completion).toEqual({
      values: ["alpha"],
      total: 1,
      hasMore: false,
    });
    const prompt = await pair.request("completion/complete", {
      ref: { type: "ref/prompt", name: "greeting" },
      argument: { name: "tone", value: "t" },
    });
    expect(prompt.result.completion.values).toHaveLength(100);
    expect(prompt.result.completion).toMatchObject({
      total: 150,
      hasMore: true,
    });
    for (const [ref, name] of [
      [{ type: "ref/prompt", name: "nope" }, "who"],
      [{ type: "ref/prompt", name: "greeting" }, "nope"],
      [{ type: "ref/resource", uri: "sample://nope" }, "id"],
      [{ type: "ref/resource", uri: "sample://item/{id}" }, "nope"],
    ] as const)
      expect(
        await pair.request("completion/complete", {
          ref,
          argument: { name, value: "" },
        }),
      ).toMatchObject({ error: { code: -32602 } });
    await pair.close();
  });
});

describe("changes of resources", () => {
  const updated = (message: Message): boolean =>
    message.method === "notifications/resources/updated";

  test("a legacy client hears of what it subscribed to until it unsubscribes", async () => {
    const sample = sampleCatalog();
    const pair = await opened("legacy", sample);
    await pair.request("resources/subscribe", { uri: "sample://item/a" });
    const heard = pair.next(updated);
    sample.touch("sample://item/b");
    sample.touch("sample://item/a");
    expect((await heard).params).toEqual({ uri: "sample://item/a" });
    await pair.request("resources/unsubscribe", { uri: "sample://item/a" });
    sample.touch("sample://item/a");
    await pair.request("ping");
    expect(pair.received.filter(updated)).toHaveLength(1);
    expect(
      await pair.request("resources/subscribe", { uri: "nope://x" }),
    ).toMatchObject({ error: { code: -32602, data: { uri: "nope://x" } } });
    await pair.close();
    expect(sample.listeners()).toBe(0);
  });

  test("a modern client hears of what it listens for", async () => {
    const sample = sampleCatalog();
    const pair = await opened("modern", sample);
    const acknowledged = pair.next(
      ({ method }) => method === "notifications/subscriptions/acknowledged",
    );
    void pair.request("subscriptions/listen", {
      notifications: { resourceSubscriptions: ["sample://item/a"] },
    });
    await acknowledged;
    const heard = pair.next(updated);
    sample.touch("sample://item/b");
    sample.touch("sample://item/a");
    expect((await heard).params).toMatchObject({
      uri: "sample://item/a",
      _meta: { "io.modelcontextprotocol/subscriptionId": 1 },
    });
    await pair.close();
    expect(sample.listeners()).toBe(0);
  });
});

describe("logging", () => {
  test("a level there is not is refused, with the levels there are", async () => {
    const pair = await opened("legacy");
    expect(
      await pair.request("logging/setLevel", { level: "loud" }),
    ).toMatchObject({
      error: { code: -32602, message: expect.stringContaining("debug, info") },
    });
    expect(
      await pair.request("logging/setLevel", { level: "error" }),
    ).toMatchObject({ result: {} });
    await pair.close();
  });
});
