/** A project with a home of its own, with one kind, `echo` unless another is named, gone after the run. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface ProjectOptions {
  /** By the name of its file in `tasks`. */
  readonly kind?: string;
  /** Settings, beside what every server is given. */
  readonly env?: Readonly<Record<string, string>>;
}

export class TemporaryProject implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "flow-balancer-bench-"));
  /** All that a server is given of the surroundings. */
  readonly env: Readonly<Record<string, string>>;

  constructor({ kind = "echo", env = {} }: ProjectOptions = {}) {
    const module = join(import.meta.dir, "tasks", `${kind}.ts`);
    const home = join(this.folder, "home");
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(
      join(this.folder, "flow-balancer.toml"),
      `[kinds.${kind}]\nmodule = ${JSON.stringify(module)}\neffects = "none"\n`,
    );
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      FLOW_BALANCER_HOME: join(home, "state"),
      ...env,
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
