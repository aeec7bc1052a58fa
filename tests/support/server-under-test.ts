/**
 * A place for one stdio server to run in: its own home, project and HOME, and a watch on every
 * process that comes of it. `destroy` ends them all, whatever the test did.
 */

import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  descendants,
  isSame,
  kill,
  marked,
  type LivingProcess,
} from "./processes.ts";
import { until } from "./until.ts";

export interface PlaceOptions {
  /** Files of the project, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Added to the server's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

const SERVER = fileURLToPath(
  new URL("../../flow-balancer/server.ts", import.meta.url),
);

export class Place {
  readonly root: string;
  readonly project: string;
  readonly home: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly #seen = new Map<string, LivingProcess>();

  constructor(options: PlaceOptions = {}) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "flow-balancer-")));
    this.project = join(this.root, "project");
    this.home = join(this.root, "state");
    mkdirSync(this.project);
    mkdirSync(join(this.root, "user"));
    this.write({ "flow-balancer.toml": "", ...options.files });
    this.command = [process.execPath, SERVER, ...(options.args ?? [])];
    this.env = {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      // Passed on to workers and commands: the mark by which they are found.
      HOME: join(this.root, "user"),
      FLOW_BALANCER_HOME: this.home,
      ...options.env,
    };
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const full = join(this.project, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
    }
  }

  path(...parts: string[]): string {
    return join(this.project, ...parts);
  }

  /** To be called while the server lives, so that what carries no mark is known after its death. */
  remember(server: number): LivingProcess[] {
    const found = descendants(server);
    for (const one of found) this.#seen.set(`${one.pid}/${one.startedAt}`, one);
    return found;
  }

  /** What still lives of the server, its workers, their commands and what those started. */
  living(): LivingProcess[] {
    const found = new Map(
      marked(`HOME=${this.env["HOME"]}`).map((one) => [one.pid, one]),
    );
    for (const one of this.#seen.values())
      if (isSame(one)) found.set(one.pid, one);
    return [...found.values()];
  }

  /** How long it took until nothing lived any more, ms. Throws with the survivors' names after `boundMs`. */
  async nothingLeft(boundMs: number): Promise<number> {
    const from = performance.now();
    await until("no process left", () => this.living().length === 0, boundMs)
      // Which ones is what the reader of a failure needs.
      .catch(() => {
        const names = this.living().map((one) => `${one.pid} ${one.command}`);
        throw new Error(
          `alive after ${boundMs} ms:\n${names.join("\n") || "(ended just now)"}`,
        );
      });
    return performance.now() - from;
  }

  destroy(): void {
    for (const one of this.living()) kill(one.pid);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
