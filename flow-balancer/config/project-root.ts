/** Which project a process belongs to: what is inside one root shares one home. */

import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The nearest folder, from CLAUDE_PROJECT_DIR or else `cwd` upwards, with a .git or a
 * flow-balancer.toml; the starting folder itself where there is none. Symbolic links are resolved.
 */
export function findProjectRoot(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const start = realFolder(resolve(cwd, env.CLAUDE_PROJECT_DIR || "."));
  for (let folder = start; ; folder = dirname(folder)) {
    if (
      existsSync(join(folder, ".git")) ||
      existsSync(join(folder, "flow-balancer.toml"))
    )
      return folder;
    if (dirname(folder) === folder) return start;
  }
}

const realFolder = (path: string): string =>
  existsSync(path) ? realpathSync(path) : path;
