/**
 * One server for all the bad input of a file. After every test it must answer, must have said
 * nothing but MCP, and after the last one it must go with exit code 0 and leave no process.
 */

import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { LineClient } from "./line-client.ts";
import { Place, type PlaceOptions } from "./server-under-test.ts";

export interface SharedServer {
  readonly client: LineClient;
}

export function sharedServer(options: PlaceOptions = {}): SharedServer {
  let client: LineClient | undefined;
  const shared = {
    get client(): LineClient {
      if (client === undefined) throw new Error("the server has not started");
      return client;
    },
  };
  beforeAll(async () => {
    client = new LineClient(new Place(options));
    await client.initialize();
  });
  afterEach(async () => {
    expect(await shared.client.request("ping")).toMatchObject({ result: {} });
    expect(await shared.client.shell(["echo", "alive"])).toMatchObject({
      status: "completed",
      value: { stdout: "alive\n" },
    });
    expect(shared.client.impure).toEqual([]);
  });
  afterAll(async () => {
    const { place } = shared.client;
    try {
      expect(await shared.client.end()).toBe(0);
      await place.nothingLeft(5_000);
      expect(shared.client.impure).toEqual([]);
    } finally {
      place.destroy();
    }
  });
  return shared;
}
