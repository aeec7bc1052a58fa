/** `bun run check`: every check:* script of package.json, each to its end. Exit 0 only if all pass. */

import { resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dir, "..");
const STEP_TIMEOUT_MS = 120_000;

const steps = Object.keys(manifest.scripts)
  .filter((name) => name.startsWith("check:"))
  .map((name) => ({ name, command: ["run", "--silent", name] }));
// What runs in a browser is a TypeScript project of its own.
steps.push({
  name: "check:types of the dashboard",
  command: ["check", "--no-script", "-p", "monitoring/dashboard"],
});
let failed = 0;
for (const { name: step, command } of steps) {
  const startedAt = performance.now();
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [process.execPath, ...command],
    { cwd: ROOT, stdin: "ignore", timeout: STEP_TIMEOUT_MS },
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${exitCode === 0 ? "ok  " : "FAIL"}  ${step} (${seconds} s)`);
  if (exitCode === 0) continue;
  failed++;
  console.log(`${stdout}${stderr}`.trim().replace(/^/gm, "      "));
}
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && steps.length > 0 ? 0 : 1);
