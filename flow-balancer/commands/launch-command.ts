/**
 * How a client starts this very installation. Clients start servers with a PATH of their own,
 * and a machine may have only Node: so the command is absolute wherever a Bun of the right
 * version lies beside the code, and falls back on npx, which fetches one. They start it in a
 * repository that is not ours: nothing of that runs in the server.
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DISTRUSTING_FLAGS } from "../core/bun-flags.ts";
import manifest from "../../package.json" with { type: "json" };

export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Why this one, for people. */
  readonly because: string;
}

const INSTALLATION: string = resolve(import.meta.dir, "../..");
export const BUN_VERSION: string = manifest.engines.bun;

export function launchCommand(): LaunchCommand {
  const server = join(INSTALLATION, "flow-balancer", "server.ts");
  const installed = join(INSTALLATION, "node_modules/bun/bin/bun.exe");
  if (existsSync(installed) && versionOf(installed) === BUN_VERSION)
    return {
      command: installed,
      args: [...DISTRUSTING_FLAGS, server],
      because:
        "it is the Bun that was installed with this copy: no PATH, no network",
    };
  return {
    command: "npx",
    args: ["-y", `bun@${BUN_VERSION}`, ...DISTRUSTING_FLAGS, server],
    because: `no Bun ${BUN_VERSION} lies in this copy's node_modules, so npx fetches one when needed`,
  };
}

function versionOf(bun: string): string | null {
  const { success, stdout } = Bun.spawnSync([bun, "--version"], {
    stdin: "ignore",
    stderr: "ignore",
  });
  return success ? stdout.toString().trim() : null;
}
