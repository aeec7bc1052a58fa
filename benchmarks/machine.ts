/** Where a figure was measured. Nothing in it says whose machine it is. */

import { availableParallelism, cpus, release, totalmem, type } from "node:os";

export interface Machine {
  readonly cpu: string;
  /** That this process may use. */
  readonly cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
  readonly bun: string;
}

const GIB = 1_073_741_824;

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memory_gib: Math.round((totalmem() / GIB) * 10) / 10,
  kernel: `${type()} ${release()}`,
  bun: Bun.version,
});

/** Results that were just written do not make a tree dirty. "unknown" outside a repository. */
export function thisCommit(): string {
  const head = git("rev-parse", "HEAD");
  if (head === null) return "unknown";
  const changes = git(
    "status",
    "--porcelain",
    "--",
    ":/",
    ":!/benchmarks/results",
  );
  return changes === "" ? head : `${head}-dirty`;
}

function git(...args: string[]): string | null {
  const { success, stdout } = Bun.spawnSync(["git", ...args], {
    cwd: import.meta.dir,
    stdin: "ignore",
    stderr: "ignore",
  });
  return success ? stdout.toString().trim() : null;
}
