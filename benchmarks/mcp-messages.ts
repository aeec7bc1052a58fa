/** The messages of the two protocol eras, as a client would write them. */

export const ERAS = ["legacy", "modern"] as const;
export type Era = (typeof ERAS)[number];

const CLIENT = { name: "bench", version: "1" };

/** What every request of the modern era says of its sender. */
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": CLIENT,
  "io.modelcontextprotocol/clientCapabilities": {},
};

export const inEra = (era: Era, params: object): object =>
  era === "modern" ? { ...params, _meta: ENVELOPE } : params;

/** The first request of a connection. */
export const opening = (era: Era): { method: string; params: object } =>
  era === "modern"
    ? { method: "server/discover", params: inEra(era, {}) }
    : {
        method: "initialize",
        params: {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: CLIENT,
        },
      };
