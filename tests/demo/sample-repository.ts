/** A git repository made for a test, in a folder of its own with a HOME of its own. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class SampleRepository {
  readonly place = realpathSync(mkdtempSync(join(tmpdir(), "demo-test-")));
  readonly root = join(this.place, "repo");
  readonly home = join(this.place, "home");
  readonly temporary = join(this.place, "tmp");

  constructor() {
    for (const folder of [this.root, this.home, this.temporary])
      mkdirSync(folder);
    this.git("init", "--quiet");
  }

  /** Everything the demo starts inherits HOME, and nothing else has this one. */
  get mark(): string {
    return `HOME=${this.home}`;
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: this.home,
      TMPDIR: this.temporary,
    };
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    await Bun.write(join(this.root, path), content);
  }

  git(...args: string[]): string {
    const { exitCode, stdout, stderr } = Bun.spawnSync(
      ["git", "-C", this.root, ...args],
      { env: this.env },
    );
    if (exitCode !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
    return stdout.toString();
  }

  commit(message: string): void {
    this.git("add", "--all");
    const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    this.git(...author, "commit", "--quiet", "--message", message);
  }

  remove(): void {
    rmSync(this.place, { recursive: true, force: true });
  }
}
