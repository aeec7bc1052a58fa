/** The real command line as a process, in a folder and with a home of its own. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const CLI = resolve(import.meta.dir, "../../flow-balancer/cli.ts");

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCli(
  args: readonly string[],
  where: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
): Promise<Ended> {
  const child = Bun.spawn([process.execPath, CLI, ...args], {
    ...where,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

export class Desk implements Disposable {
  readonly project: string;
  readonly home: string;
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), "cli-")));

  constructor() {
    this.project = join(this.#folder, "project");
    this.home = join(this.#folder, "home");
    mkdirSync(join(this.project, ".git"), { recursive: true });
    mkdirSync(this.home, { mode: 0o700 });
  }

  async run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    return runCli(args, {
      cwd: this.project,
      env: { PATH: process.env.PATH, HOME: this.home, ...env },
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
