/** A project and a user's home of their own, and what is configured there. */

import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Config, loadConfig } from "../../flow-balancer/config.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";

export interface Given {
  readonly flags?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

export class ConfigDesk implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "config-")));
  readonly project = join(this.folder, "project");
  readonly home = join(this.folder, "home");

  constructor() {
    mkdirSync(join(this.project, ".git"), { recursive: true });
    mkdirSync(this.home);
  }

  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  projectFile(text: string): string {
    return this.write("project/flow-balancer.toml", text);
  }

  userFile(text: string): string {
    return this.write("home/.config/flow-balancer/config.toml", text);
  }

  load({ flags = {}, env = {}, cwd = this.project }: Given = {}): Config {
    return loadConfig({ flags, env, cwd, home: this.home });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What was thrown instead of an answer. */
export function refusal(act: () => unknown): BalancerError {
  try {
    act();
  } catch (error) {
    if (error instanceof BalancerError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
