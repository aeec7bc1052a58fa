/** A board with bridges to scripts, and scripts that do what one in a shell would do. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { NewItem } from "../../flow-balancer/core/board.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { ClaimFolders } from "../../flow-balancer/queue/claim-folders.ts";
import { ShellBridge } from "../../flow-balancer/queue/shell-bridge.ts";
import type { ShellBridgeOptions } from "../../flow-balancer/queue/shell-bridge-options.ts";
import { item, newBoard } from "../board/board-under-test.ts";

export const LEASE_MS = 60_000;

export interface Job {
  readonly id: TaskId;
  readonly attempt: number;
  readonly fence: number;
  readonly title: string;
}

export class BridgeRig {
  readonly rig;
  readonly claims: string;
  readonly bridge: ShellBridge;
  readonly errors: unknown[] = [];
  #touched = 0;

  constructor() {
    this.rig = newBoard({
      withdraw: (id, fence) => folders.withdraw({ id, fence }),
    });
    const { home, env } = this.rig;
    const folders = new ClaimFolders(home, () => env.unique());
    this.claims = join(this.rig.home, "claims");
    this.bridge = this.newBridge();
    folders.prepare();
  }

  newBridge(more: Partial<ShellBridgeOptions> = {}): ShellBridge {
    return new ShellBridge({
      ...this.rig,
      onError: (thrown) => this.errors.push(thrown),
      ...more,
    });
  }

  /** In the order of their titles: `a`, `b`. */
  async add(n: number, more: Partial<NewItem> = {}): Promise<TaskId[]> {
    const items = Array.from({ length: n }, (_, at) =>
      item(String.fromCodePoint(97 + at), more),
    );
    return (await this.rig.add(...items)).map(({ id }) => id);
  }

  path = (...names: readonly string[]): string => join(this.claims, ...names);
  list = (folder: string): string[] => readdirSync(this.path(folder)).sort();

  /** Somebody looks for work. */
  want(): void {
    this.touch(this.path("want"));
  }

  /** Two touches within a tick of the file system's clock are two all the same. */
  touch(path: string): void {
    if (!existsSync(path)) writeFileSync(path, "");
    const at = ++this.#touched;
    utimesSync(path, at, at);
  }

  async wanted(): Promise<void> {
    this.want();
    await this.bridge.sync();
  }

  stateOf = async (id: TaskId): Promise<string | undefined> =>
    (await this.rig.board.get(id))?.state;

  /** What a script does with an offer; null if another was first. */
  take(offer: string, owner?: string): Script | null {
    const key = offer.slice(offer.indexOf(".") + 1);
    const folder = this.path("claim", key);
    try {
      mkdirSync(folder);
    } catch {
      return null;
    }
    if (owner !== undefined) writeFileSync(join(folder, "owner"), owner);
    try {
      renameSync(this.path("offer", offer), join(folder, "job"));
    } catch {
      return null;
    }
    return new Script(this, folder);
  }

  /** The first there is. */
  takeAny(owner?: string): Script | null {
    for (const offer of this.list("offer")) {
      const script = this.take(offer, owner);
      if (script !== null) return script;
    }
    return null;
  }
}

export class Script {
  readonly #rig: BridgeRig;
  readonly folder: string;
  readonly job: Job;

  constructor(rig: BridgeRig, folder: string) {
    this.#rig = rig;
    this.folder = folder;
    this.job = JSON.parse(readFileSync(join(folder, "job"), "utf8")) as Job;
  }

  get isAskedToStop(): boolean {
    return existsSync(join(this.folder, "cancel"));
  }

  beat(): void {
    this.#rig.touch(join(this.folder, "hb"));
  }

  /** False if its folder is gone. */
  write(name: string, text: string): boolean {
    try {
      writeFileSync(join(this.folder, "out"), text);
      renameSync(join(this.folder, "out"), join(this.folder, name));
      return true;
    } catch {
      return false;
    }
  }

  done = (value: unknown = "done"): boolean =>
    this.write("result.json", JSON.stringify(value));
  failed = (value: unknown = "went wrong"): boolean =>
    this.write("error.json", JSON.stringify(value));
}
