/** The real sources, as the rules take them. */

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SOURCE_FOLDERS } from "./rooms.ts";

const ROOT = resolve(import.meta.dir, "../..");

/** Path from the top to text, of every TypeScript file. */
export function readSources(): ReadonlyMap<string, string> {
  const paths = SOURCE_FOLDERS.flatMap((folder) => [
    ...new Bun.Glob(`${folder}/**/*.{ts,tsx}`).scanSync({ cwd: ROOT }),
  ]);
  return new Map(
    paths
      .filter((path) => !path.includes("node_modules/"))
      .sort()
      .map((path) => [path, readFileSync(join(ROOT, path), "utf8")]),
  );
}

/** What git keeps or would keep; all that lies there if this is no clone. */
export function topLevelEntries(): readonly string[] {
  const { success, stdout } = Bun.spawnSync(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: ROOT, stdin: "ignore", stderr: "ignore" },
  );
  const paths = success
    ? stdout.toString().split("\0").filter(Boolean)
    : readdirSync(ROOT).filter((it) => it !== ".git" && it !== "node_modules");
  return [...new Set(paths.map((path) => path.split("/")[0] ?? path))];
}
