/**
 * The real promtool (Debian's package prometheus). Where it is not there, a test that needs it fails in
 * CI; elsewhere it is left out, and says so.
 */

import { test } from "bun:test";

const PATH = Bun.which("promtool");
const WANTED =
  "promtool is not here: '.ci/system-packages prometheus' installs it (Debian, as root)";

/** Its exit code and all it says. */
export async function promtool(
  args: readonly string[],
  { stdin = "", cwd }: { readonly stdin?: string; readonly cwd?: string } = {},
): Promise<{ readonly exitCode: number; readonly said: string }> {
  if (PATH === null) throw new Error(WANTED);
  const run = Bun.spawn([PATH, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
    run.exited,
  ]);
  return { exitCode, said: stdout + stderr };
}

/** A test that needs it. */
export function testWithPromtool(name: string, run: () => Promise<void>): void {
  if (PATH !== null) {
    test(name, run, 20_000);
    return;
  }
  if (process.env["CI"] === "true") {
    test(name, () => {
      throw new Error(WANTED);
    });
    return;
  }
  console.error(`NOT RUN: "${name}": ${WANTED}`);
  test.skip(name, run);
}
