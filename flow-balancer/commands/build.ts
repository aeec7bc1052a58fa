/**
 * The server as two files with their bytecode beside them, which start in about half the time of
 * the source: `bun flow-balancer/commands/build.ts [folder]`. The folder needs nothing else, no
 * node_modules either, and may lie anywhere. Bytecode is of one Bun version; any other runs the
 * JavaScript itself.
 */

import { cpSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const SOURCE = resolve(import.meta.dir, "..");

/** The server finds its worker's code and its migrations beside itself. */
const ENTRIES = ["server.ts", "worker/child.ts"];
const MIGRATIONS = "store/migrations";
/** A program that leaves the dashboard's files in a folder; the server looks for them beside itself. */
const DASHBOARD = "../monitoring/dashboard/build-dashboard.ts";

/** Empties `folder` first. Throws an error that names what could not be bundled. */
export async function build(folder: string): Promise<readonly string[]> {
  rmSync(folder, { recursive: true, force: true });
  const { outputs } = await Bun.build({
    entrypoints: ENTRIES.map((entry) => join(SOURCE, entry)),
    outdir: folder,
    naming: "[name].[ext]",
    target: "bun",
    // Bytecode without an executable is for CommonJS only.
    format: "cjs",
    bytecode: true,
    // Left alone, each would name the folder of its source on the machine it was built on.
    define: {
      "import.meta.dir": "module.path",
      "import.meta.path": "module.filename",
    },
    // Names stay, so that errors can be read.
    minify: { syntax: true, whitespace: true },
  });
  cpSync(join(SOURCE, MIGRATIONS), join(folder, "migrations"), {
    recursive: true,
  });
  return [...outputs.map(({ path }) => path), ...buildDashboard(folder)];
}

function buildDashboard(folder: string): readonly string[] {
  const { success, stderr } = Bun.spawnSync(
    [process.execPath, join(SOURCE, DASHBOARD), folder],
    { stdin: "ignore", stdout: "ignore" },
  );
  if (!success) throw new Error(`the dashboard cannot be built: ${stderr}`);
  return ["html", "js", "css"].map((part) => join(folder, `dashboard.${part}`));
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(SOURCE, "../dist"));
  for (const path of await build(folder)) process.stdout.write(`${path}\n`);
}
