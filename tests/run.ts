/**
 * `bun run test`: every test file, or those named on the command line. The last line is
 * `N passed, N failed`, counted by the test runner; exit 0 only if something ran, nothing
 * failed, and no file was left out.
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";

/** Tests start real processes; on a busy machine that takes seconds, never this long. */
const TEST_TIMEOUT_MS = 60_000;
/** A whole run on 2 cores takes a small part of it; what hangs is ended. */
const RUN_TIMEOUT_MS = 600_000;
const INSTALL_TIMEOUT_MS = 240_000;
/** Files run beside each other, each in a process of its own: one that crashes takes no other along. More compete for the processes they start. */
const MAX_PARALLEL = 4;

const ROOT = resolve(import.meta.dir, "..");
const filters = process.argv.slice(2);
if (filters.length === 0) await installPackages();
const runner = Bun.spawn(
  [
    process.execPath,
    "test",
    `--timeout=${TEST_TIMEOUT_MS}`,
    `--parallel=${Math.min(MAX_PARALLEL, availableParallelism())}`,
    ...(filters.length > 0 ? filters : ["tests/"]),
  ],
  { cwd: ROOT, stdin: "ignore", stdout: "inherit", stderr: "pipe" },
);
const timer = setTimeout(() => runner.kill("SIGKILL"), RUN_TIMEOUT_MS);
let output = "";
const decoder = new TextDecoder();
for await (const chunk of runner.stderr) {
  process.stderr.write(chunk);
  output += decoder.decode(chunk, { stream: true });
}
const exitCode = await runner.exited;
clearTimeout(timer);

const plain = Bun.stripANSI(output);
const count = (pattern: RegExp): number =>
  Number([...plain.matchAll(pattern)].at(-1)?.[1] ?? 0);
const passed = count(/^ *(\d+) pass$/gm);
const counted = count(/^ *(\d+) fail$/gm);
const files = count(/^Ran \d+ tests? across (\d+) files?\./gm);
const expected =
  filters.length > 0
    ? 1
    : [...new Bun.Glob("tests/**/*.test.ts").scanSync({ cwd: ROOT })].length;

const complaints = [
  ...(files < expected ? [`${files} of ${expected} files ran`] : []),
  ...(passed + counted === 0 ? ["no test ran"] : []),
  ...(exitCode !== 0 && counted === 0 ? [`exit code ${exitCode}`] : []),
];
for (const complaint of complaints) console.log(`failed: ${complaint}`);
const failed = counted + (complaints.length > 0 ? 1 : 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** The browser and promtool, where they are missing and this user may install them. Where they cannot be had, the tests that need them say so themselves, and fail in CI. */
async function installPackages(): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || Bun.which("apt-get") === null) return;
  const script = resolve(ROOT, ".ci/system-packages");
  const installing = Bun.spawn([script, "chromium", "prometheus"], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    timeout: INSTALL_TIMEOUT_MS,
  });
  await installing.exited;
}
