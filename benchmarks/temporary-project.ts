/** A project with a home of its own, with the kind `echo`, gone after the run. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ECHO = join(import.meta.dir, "tasks/echo.ts");

export class TemporaryProject implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "flow-balancer-bench-"));
  /** All that a server is given of the surroundings. */
  readonly env: Readonly<Record<string, string>>;

  constructor() {
    const home = join(this.folder, "home");
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(
      join(this.folder, "flow-balancer.toml"),
      `[kinds.echo]\nmodule = ${JSON.stringify(ECHO)}\neffects = "none"\n`,
    );
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      FLOW_BALANCER_HOME: join(home, "state"),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
