/** An HTTP endpoint without a socket, and the requests a test puts to it. */

import {
  createHttpEndpoint,
  type HttpEndpoint,
  type HttpOptions,
} from "../../flow-balancer/mcp/http-endpoint.ts";
import { fixtureEnv } from "../conformance/fixtures/fixture-env.ts";
import { sampleCatalog, type Sample } from "./sample-catalog.ts";

export const ADDRESS = "http://127.0.0.1:4000/mcp";

export const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
};

export const endpoint = (
  options: Partial<HttpOptions> = {},
  sample: Sample = sampleCatalog(),
): HttpEndpoint =>
  createHttpEndpoint(sample.catalog, {
    env: fixtureEnv,
    onerror: () => undefined,
    ...options,
  });

export const post = (
  body: unknown,
  headers: Record<string, string> = {},
): Request =>
  new Request(ADDRESS, {
    method: "POST",
    headers: {
      host: "127.0.0.1:4000",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
