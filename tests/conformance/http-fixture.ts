/** The fixtures on a free port of the loopback interface. */

import { createHttpEndpoint } from "../../flow-balancer/mcp/http-endpoint.ts";
import { fixtureCatalog } from "./fixtures/fixture-catalog.ts";
import { fixtureEnv } from "./fixtures/fixture-env.ts";

export interface HttpFixture {
  readonly url: string;
  stop(): Promise<void>;
}

export function startHttpFixture(onerror: (error: Error) => void): HttpFixture {
  const endpoint = createHttpEndpoint(fixtureCatalog(fixtureEnv), {
    env: fixtureEnv,
    onerror,
  });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, bun) =>
      endpoint.fetch(request, () => bun.timeout(request, 0)),
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    async stop() {
      await endpoint.close();
      await server.stop(true);
    },
  };
}
