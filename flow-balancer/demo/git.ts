/** Asks git about a repository. Reads only; nothing of the repository's own configuration gets to run a program. */

import { stat } from "node:fs/promises";
import { BalancerError } from "../core/errors.ts";

export interface GitRepository {
  /** Top of the work tree, links resolved. */
  readonly root: string;
  /** Commits that `git log -n` would show, at most `limit`. 0 before the first commit. */
  countCommits(limit: number): Promise<number>;
  /** History was cut off when the repository was cloned. */
  readonly isShallow: boolean;
  /** Paths from the root, as git's index has them. */
  trackedPaths(): Promise<string[]>;
}

/** Throws COMMAND_NOT_FOUND without git, INVALID_ARGUMENT where there is no work tree. */
export async function openRepository(folder: string): Promise<GitRepository> {
  if (Bun.which("git") === null)
    throw new BalancerError("COMMAND_NOT_FOUND", "git is not on the PATH", {
      hint: "Install git: the demo reads the list of files from it.",
    });
  const info = await stat(folder).catch(() => null);
  if (!info?.isDirectory())
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `there is no folder '${folder}'`,
    );
  const top = await git(folder, ["rev-parse", "--show-toplevel"]);
  if (top.exitCode !== 0 || top.stdout === "")
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `'${folder}' cannot be used as a git repository: ${firstLine(top.stderr) || "it has no work tree"}`,
      { hint: "Name one with --repo DIR." },
    );
  const root = top.stdout.replace(/\n$/, "");
  const shallow = await git(root, ["rev-parse", "--is-shallow-repository"]);
  return {
    root,
    isShallow: shallow.stdout.trim() === "true",
    async countCommits(limit) {
      const args = ["rev-list", "--count", `--max-count=${limit}`, "HEAD"];
      const { exitCode, stdout } = await git(root, args);
      return exitCode === 0 ? Number(stdout) : 0;
    },
    async trackedPaths() {
      const listed = await git(root, ["ls-files", "-z"]);
      if (listed.exitCode !== 0)
        throw new BalancerError(
          "STORAGE_FAILED",
          `git cannot list the files of ${root}: ${firstLine(listed.stderr)}`,
        );
      // A path in conflict is listed once a side.
      return [...new Set(listed.stdout.split("\0"))].filter((it) => it !== "");
    },
  };
}

async function git(folder: string, args: readonly string[]) {
  const child = Bun.spawn(
    ["git", "-C", folder, "-c", "core.fsmonitor=false", ...args],
    {
      env: environment(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

/** Inside a git hook GIT_DIR and others name that hook's repository, whatever folder is asked about. */
const environment = () => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")),
  ),
  LC_ALL: "C",
});

const firstLine = (text: string): string =>
  (text.split("\n", 1)[0] ?? "").replace(/^fatal: /, "").slice(0, 200);
