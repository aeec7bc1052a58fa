/** Where each client keeps its list of MCP servers, and in which form. */

import { join } from "node:path";
import { findProjectRoot } from "../config/project-root.ts";
import type { Environment } from "../config/text-layer.ts";
import type { LaunchCommand } from "./launch-command.ts";

export const CLIENTS = ["claude", "cursor", "vscode", "codex"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** The name our entry has in all of them. */
export const SERVER_NAME = "flow-balancer";

export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
}

export interface ClientFile {
  readonly client: ClientName;
  readonly path: string;
  readonly form: "json" | "toml";
  /** The table of servers in it. */
  readonly section: string;
}

export function clientFile(
  client: ClientName,
  { env, cwd, home }: Surroundings,
): ClientFile {
  const project = findProjectRoot(cwd, env);
  switch (client) {
    case "claude":
      return {
        client,
        path: join(project, ".mcp.json"),
        form: "json",
        section: "mcpServers",
      };
    case "cursor":
      return {
        client,
        path: join(project, ".cursor", "mcp.json"),
        form: "json",
        section: "mcpServers",
      };
    case "vscode":
      return {
        client,
        path: join(project, ".vscode", "mcp.json"),
        form: "json",
        section: "servers",
      };
    case "codex":
      return {
        client,
        path: join(env.CODEX_HOME || join(home, ".codex"), "config.toml"),
        form: "toml",
        section: "mcp_servers",
      };
  }
}

/** What stands under our name. */
export type ServerEntry = Readonly<Record<string, string | readonly string[]>>;

export const serverEntry = (
  client: ClientName,
  { command, args }: LaunchCommand,
): ServerEntry =>
  client === "vscode" ? { type: "stdio", command, args } : { command, args };
