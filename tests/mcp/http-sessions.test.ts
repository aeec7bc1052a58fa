import { afterEach, describe, expect, test } from "bun:test";
import type {
  HttpEndpoint,
  HttpOptions,
} from "../../flow-balancer/mcp/http-endpoint.ts";
import { fixtureEnv } from "../conformance/fixtures/fixture-env.ts";
import {
  ADDRESS,
  endpoint as unclosed,
  initialize,
  post,
} from "./http-requests.ts";
import { FakeEnv } from "../support/fake-env.ts";

const open: HttpEndpoint[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function endpoint(options: Partial<HttpOptions> = {}): HttpEndpoint {
  const made = unclosed(options);
  open.push(made);
  return made;
}

async function openSession(at: HttpEndpoint): Promise<string> {
  const response = await at.fetch(post(initialize));
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
}

const ping = (session: string): Request =>
  post(
    { jsonrpc: "2.0", id: 2, method: "ping" },
    { "mcp-session-id": session },
  );

/** Its ids are to be no test's guess. */
const testEnv = (): FakeEnv =>
  Object.assign(new FakeEnv(), { unique: fixtureEnv.unique });

describe("sessions", () => {
  test("one lives from initialize until it is deleted", async () => {
    const at = endpoint();
    const session = await openSession(at);
    expect((await at.fetch(ping(session))).status).toBe(200);
    const deletion = new Request(ADDRESS, {
      method: "DELETE",
      headers: { host: "127.0.0.1:4000", "mcp-session-id": session },
    });
    expect((await at.fetch(deletion)).status).toBe(200);
    const after = await at.fetch(ping(session));
    expect(after.status).toBe(404);
    expect(await after.json()).toMatchObject({
      error: { code: -32001 },
      id: 2,
    });
  });

  test("without a session nothing but initialize is served", async () => {
    const response = await endpoint().fetch(
      post({ jsonrpc: "2.0", id: 2, method: "tools/list" }),
    );
    expect(response.status).toBe(400);
  });

  test("one that is silent too long ends, one that was used does not", async () => {
    const env = testEnv();
    const at = endpoint({ env, sessionIdleMs: 1_000 });
    const [silent, used] = [await openSession(at), await openSession(at)];
    env.advance(900);
    await (await at.fetch(ping(used))).text();
    env.advance(100);
    expect((await at.fetch(ping(silent))).status).toBe(404);
    expect((await at.fetch(ping(used))).status).toBe(200);
  });

  test("one that works or listens is not silent", async () => {
    const env = testEnv();
    const at = endpoint({ env, sessionIdleMs: 1_000 });
    const working = await openSession(at);
    await at.fetch(
      post(
        {
          jsonrpc: "2.0",
          id: "w",
          method: "tools/call",
          params: { name: "wait", arguments: {} },
        },
        { "mcp-session-id": working },
      ),
    );
    const listening = await openSession(at);
    const stream = await at.fetch(
      new Request(ADDRESS, {
        headers: {
          host: "127.0.0.1:4000",
          accept: "text/event-stream",
          "mcp-session-id": listening,
        },
      }),
    );
    expect(stream.status).toBe(200);
    env.advance(5_000);
    env.advance(5_000);
    expect((await at.fetch(ping(working))).status).toBe(200);
    expect((await at.fetch(ping(listening))).status).toBe(200);
    await stream.body?.cancel();
    env.advance(5_000);
    expect((await at.fetch(ping(listening))).status).toBe(404);
  });

  test("when the house is full the one idle longest makes room, never one at work", async () => {
    const env = testEnv();
    const at = endpoint({ env, maxSessions: 2 });
    const first = await openSession(at);
    env.advance(1);
    const second = await openSession(at);
    const wait = {
      jsonrpc: "2.0",
      id: "w",
      method: "tools/call",
      params: { name: "wait", arguments: {} },
    };
    await at.fetch(post(wait, { "mcp-session-id": first }));
    env.advance(1);
    const third = await openSession(at);
    expect((await at.fetch(ping(second))).status).toBe(404);
    await at.fetch(post(wait, { "mcp-session-id": third }));
    const refused = await at.fetch(post(initialize));
    expect(refused.status).toBe(503);
    // What is cancelled is no longer at work.
    await at.fetch(
      post(
        {
          jsonrpc: "2.0",
          method: "notifications/cancelled",
          params: { requestId: "w" },
        },
        { "mcp-session-id": first },
      ),
    );
    expect((await at.fetch(post(initialize))).status).toBe(200);
  });

  test("an id that is still being answered is not taken twice", async () => {
    const at = endpoint();
    const session = await openSession(at);
    const wait = {
      jsonrpc: "2.0",
      id: 9,
      method: "tools/call",
      params: { name: "wait", arguments: {} },
    };
    await at.fetch(post(wait, { "mcp-session-id": session }));
    const again = await at.fetch(post(wait, { "mcp-session-id": session }));
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: { code: -32600 } });
  });

  test("after close nothing is served", async () => {
    const at = endpoint();
    await openSession(at);
    await at.close();
    expect((await at.fetch(post(initialize))).status).toBe(503);
  });
});
