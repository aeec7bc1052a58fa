/** Runs the official suite as its own process and reads its verdicts from what it prints. Nothing is assumed to have passed. */

import { join } from "node:path";

export const ROOT = join(import.meta.dir, "../..");
const PACKAGE = join(ROOT, "node_modules/@modelcontextprotocol/conformance");
/** A scenario has 30 s; the slowest whole set takes 20 s. */
const SUITE_TIMEOUT_MS = 120_000;

export interface Score {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What the suite printed, to be shown when something failed. */
  readonly output: string;
}

/** The server scenarios a revision scores; those the suite did not report count as failed. */
export async function scoreRequirements(
  url: string,
  revision: string,
): Promise<Score> {
  const required = await requirementsOf(revision);
  const output = await runSuite(["--url", url, "--requirements", revision]);
  const verdicts = new Map<string, boolean>();
  for (const [, mark, name = "", passed, failed] of output.matchAll(
    /^([✓✗]) ([\w.-]+): (\d+) passed, (\d+) failed$/gmu,
  ))
    verdicts.set(name, mark === "✓" && Number(passed) > 0 && failed === "0");
  return {
    passed: required.filter((name) => verdicts.get(name) === true),
    failed: required.filter((name) => verdicts.get(name) !== true),
    output,
  };
}

/** Every scenario of the tasks extension, but those the suite itself skips for want of a client that could drive them. */
export async function scoreTasks(url: string): Promise<Score> {
  const passed: string[] = [];
  const failed: string[] = [];
  const outputs: string[] = [];
  for (const name of await taskScenarios()) {
    const output = await runSuite(
      ["--url", url, "--scenario", name, "--spec-version", "2026-07-28"].concat(
        "--force",
      ),
    );
    outputs.push(`== ${name}`, output);
    const verdict = /^Passed: (\d+)\/(\d+), (\d+) failed/m.exec(output);
    if (verdict === null) failed.push(name);
    else if (verdict[2] !== "0")
      (verdict[3] === "0" && verdict[1] === verdict[2] ? passed : failed).push(
        name,
      );
  }
  return { passed, failed, output: outputs.join("\n") };
}

async function requirementsOf(revision: string): Promise<readonly string[]> {
  const file = Bun.file(join(PACKAGE, `requirements/${revision}.yaml`));
  const { server } = Bun.YAML.parse(await file.text()) as {
    readonly server: readonly string[];
  };
  return server;
}

async function taskScenarios(): Promise<readonly string[]> {
  const listed = await runSuite([], "list");
  return [...listed.matchAll(/^ {2}- (tasks-[\w-]+)/gm)].map(
    ([, name = ""]) => name,
  );
}

/** stdout and stderr together; the exit code says nothing the lines do not. */
async function runSuite(
  args: readonly string[],
  command = "server",
): Promise<string> {
  const child = Bun.spawn(
    [process.execPath, join(PACKAGE, "dist/index.js"), command, ...args],
    {
      cwd: ROOT,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: SUITE_TIMEOUT_MS,
      killSignal: "SIGKILL",
    },
  );
  const [out, err] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
  ]);
  return out + err;
}
