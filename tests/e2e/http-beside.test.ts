import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LineClient } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

/** Where the server says it listens. */
const urlOf = (client: LineClient): Promise<string> =>
  until("an address", () => /(http:\S+)\/mcp/.exec(client.stderr)?.[1]);

const bearerOf = (client: LineClient) => ({
  Authorization: `Bearer ${readFileSync(join(client.place.home, "http-token"), "utf8").trim()}`,
});

test("a stdio server with --http serves the same engine over HTTP, and stdout stays MCP", async () => {
  const client = await clients.open({ args: ["--http", "0"] });
  const url = await urlOf(client);
  const headers = { ...bearerOf(client), "Content-Type": "application/json" };
  expect(await (await fetch(`${url}/livez`)).text()).toBe("ok");
  const here = await client.shell(["echo", "here"]);
  const answer = await fetch(`${url}/api/v1/tools/await_task`, {
    method: "POST",
    headers,
    body: JSON.stringify({
      task_ids: [here.task_id],
      mode: "all",
      wait_ms: 1_000,
    }),
  });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain(here.task_id);
  expect(await client.end()).toBe(0);
  await client.place.nothingLeft(5_000);
  expect(client.impure).toEqual([]);
  await expect(fetch(`${url}/livez`)).rejects.toThrow();
});

test("one whose port is taken says so and goes on over stdio; without --http nothing listens", async () => {
  using taken = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(),
  });
  const client = await clients.open({ args: ["--http", String(taken.port)] });
  expect(await client.shell(["echo", "on"])).toMatchObject({
    status: "completed",
  });
  await until("a word", () =>
    client.stderr.includes("cannot listen on 127.0.0.1:"),
  );
  // Two of ours, too: neither takes a part of the other's requests.
  const first = await clients.open({ args: ["--http", "0"] });
  const { port } = new URL(await urlOf(first));
  const second = await clients.open({ args: ["--http", port] });
  await until("a word", () =>
    second.stderr.includes(`cannot listen on 127.0.0.1:${port}`),
  );
  const plain = await clients.open();
  expect(await plain.shell(["echo", "on"])).toMatchObject({
    status: "completed",
  });
  expect(plain.stderr).not.toContain("http://");
  expect([...client.impure, ...plain.impure]).toEqual([]);
});
