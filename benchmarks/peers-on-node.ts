/** The peers as Node can run them: built into a folder from which the installed packages are found. */

import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PEERS = join(import.meta.dir, "peers");
/** Ours, and those that need bun:sqlite. */
const BUN_ONLY = /^(?:flow-balancer|plainjob|liteque|bunqueue)/;

export class PeersOnNode implements Disposable {
  readonly #folder: string;
  readonly #node: string;

  private constructor(folder: string, node: string) {
    this.#folder = folder;
    this.#node = node;
  }

  /** Null where there is no Node. */
  static async build(): Promise<PeersOnNode | null> {
    const node = Bun.which("node");
    if (node === null) return null;
    const folder = realpathSync(
      mkdtempSync(join(tmpdir(), "flow-balancer-peers-")),
    );
    symlinkSync(
      join(import.meta.dir, "../node_modules"),
      join(folder, "node_modules"),
    );
    await Bun.build({
      entrypoints: [...new Bun.Glob("**/*.ts").scanSync(PEERS)]
        .filter((file) => !BUN_ONLY.test(file))
        .map((file) => join(PEERS, file)),
      root: PEERS,
      outdir: folder,
      naming: "[dir]/[name].mjs",
      target: "node",
      format: "esm",
      packages: "external",
    });
    return new PeersOnNode(folder, node);
  }

  command(peer: string): string[] {
    return [this.#node, join(this.#folder, `${peer}.mjs`)];
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
