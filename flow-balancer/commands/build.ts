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

/** Empties `folder` first. Throws an AggregateError that names what could not be bundled. */
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
    // Names stay, so that errors can be read.
    minify: { syntax: true, whitespace: true },
  });
  cpSync(join(SOURCE, MIGRATIONS), join(folder, "migrations"), {
    recursive: true,
  });
  return outputs.map(({ path }) => path);
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(SOURCE, "../dist"));
  for (const path of await build(folder)) process.stdout.write(`${path}\n`);
}
