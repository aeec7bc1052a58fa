/** What is said on stderr once the HTTP server listens: where, how one gets in, and who else might. */

import { tokenFile } from "../monitoring/http/access-token.ts";
import type { Config } from "./config.ts";
import { isLoopback } from "./config/loopback.ts";

export const ANY_ADDRESS: ReadonlySet<string> = new Set([
  ...["0.0.0.0", "::", "[::]"],
]);

/** An address of version 6 stands in brackets there. */
export const inUrl = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;

/** "" for none. */
export const baseOf = ({ basePath }: Config["http"]): string =>
  basePath === "/" ? "" : basePath;

/** Sentences; `code` is of a link that works once. */
export function announcement(
  { http, home }: Pick<Config, "http" | "home">,
  port: number,
  code: string,
): readonly string[] {
  const { host, hostnames, origins, mcpToken } = http;
  const name = ANY_ADDRESS.has(host) ? "127.0.0.1" : inUrl(host);
  const url = `http://${name}:${port}${baseOf(http)}`;
  const token =
    mcpToken === "required"
      ? `with the token in ${tokenFile(home)}`
      : "without a token";
  const said = [
    `MCP at ${url}/mcp, ${token}`,
    `dashboard at ${url}/login?code=${code} (works once, within 10 minutes)`,
  ];
  const others = [...hostnames, ...origins];
  if (mcpToken === "off" && others.length > 0)
    said.push(
      `MCP asks for no token: whoever reaches it by ${others.join(", ")} can run commands as you`,
    );
  if (isLoopback(host)) return said;
  said.push(
    `${host} is reached from other machines, and what goes there is not encrypted: put a proxy with TLS before it`,
  );
  if (ANY_ADDRESS.has(host) && hostnames.length === 0)
    said.push(
      "other machines are refused until http.hostnames says by which names they call it",
    );
  return said;
}
