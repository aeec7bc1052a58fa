import { describe, expect, test } from "bun:test";
import { SdkError, SdkErrorCode } from "@modelcontextprotocol/server";
import type { Engine } from "../../flow-balancer/core/engine.ts";
import type { CallContext } from "../../flow-balancer/mcp/catalog.ts";
import { whilePatient } from "../../flow-balancer/mcp/patience.ts";
import { FakeEnv } from "../support/fake-env.ts";

const KNOWN_MS = 50_000;
const LEARNED_MS = 1_200;

/** A call of a client that was seen to give up early, and what is told of it. */
function calling(connection: string | null = "stdio_1") {
  const env = new FakeEnv();
  const abort = new AbortController();
  const told: [string | null, number, boolean][] = [];
  const call = {
    client: { name: "agent", version: "1" },
    connection,
    receivedAt: env.mono(),
    signal: abort.signal,
  } as CallContext;
  const patience: Engine["patience"] = {
    knownMs: () => KNOWN_MS,
    limitMs: () => LEARNED_MS,
    waited: (...wait) => void told.push(wait),
    explain: () => [],
  };
  const wait = (promise: Promise<string>, waitMs?: number) =>
    whilePatient(promise, {
      call,
      engine: { patience } as Engine,
      env,
      waitMs,
    });
  return { env, abort, told, wait };
}
const never = new Promise<never>(() => {});

describe("a call", () => {
  test("that is answered says that its client waited so long", async () => {
    const { env, told, wait } = calling();
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiting = wait(promise);
    env.advance(700);
    resolve("done");
    expect(await waiting).toBe("done");
    expect(told).toEqual([["agent", 700, false]]);
    expect(env.waiting).toBe(0);
  });

  test("waits until its client is about to give up, counted from when it came", async () => {
    const { env, told, wait } = calling();
    env.advance(400);
    const waiting = wait(never);
    env.advance(LEARNED_MS - 400);
    expect(await waiting).toBeNull();
    expect(told).toEqual([["agent", LEARNED_MS, false]]);
  });

  test("waits as long as its caller says, whatever was learned, but not longer than its client is known to", async () => {
    const { env, told, wait } = calling();
    const short = wait(never, 10);
    env.advance(10);
    expect(await short).toBeNull();
    const long = wait(never, 20_000);
    env.advance(19_000);
    await Bun.sleep(0);
    env.advance(1_000);
    expect(await long).toBeNull();
    const longer = wait(never, 500_000);
    env.advance(29_000);
    await Bun.sleep(0);
    env.advance(990);
    expect(await longer).toBeNull();
    expect(told.map(([, ms]) => ms)).toEqual([10, 20_010, KNOWN_MS]);
  });

  const closed = new SdkError(
    SdkErrorCode.ConnectionClosed,
    "Connection closed",
  );
  test.each([
    ["cancelled, for whatever reason", "stdio_1", "late", true],
    ["cancelled without one", "stdio_1", undefined, true],
    ["ended with a connection of many calls", "stdio_1", closed, false],
    ["dropped with a stream of its own", null, closed, true],
  ])("that is %s", async (_, connection, reason, gaveUp) => {
    const { env, abort, told, wait } = calling(connection);
    const waiting = wait(never);
    env.advance(900);
    abort.abort(reason);
    expect(await waiting).toBeNull();
    expect(told).toEqual([["agent", 900, gaveUp]]);
    expect(env.waiting).toBe(0);
  });
});
