/** Line clients of one test (or one file), with the clean-up no test may forget. */

import { expect } from "bun:test";
import { LineClient } from "./line-client.ts";
import { Place, type PlaceOptions } from "./server-under-test.ts";

export interface LineClients {
  open(options?: PlaceOptions, capabilities?: object): Promise<LineClient>;
  /** A server nobody has spoken to yet; several may share a place. */
  start(place?: Place): LineClient;
}

/** `after` is bun:test's afterEach or afterAll. Also checks that nothing but MCP was on any stdout. */
export function lineClients(
  after: (clean: () => Promise<void>) => void,
): LineClients {
  const clients: LineClient[] = [];
  after(async () => {
    const mine = clients.splice(0);
    for (const client of mine) client.place.remember(client.pid);
    for (const { place } of mine) place.destroy();
    await Promise.all(mine.map((client) => client.process.exited));
    for (const { impure } of mine) expect(impure).toEqual([]);
  });
  const start = (place = new Place()): LineClient => {
    const client = new LineClient(place);
    clients.push(client);
    return client;
  };
  return {
    start,
    async open(options, capabilities) {
      const client = start(new Place(options));
      await client.initialize(capabilities);
      return client;
    },
  };
}
