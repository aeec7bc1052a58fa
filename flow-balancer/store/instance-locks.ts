/** The locks of the servers that share a home: `instances/<id>.lock`, held for as long as the process lives. */

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BalancerError } from "../core/errors.ts";
import type { InstanceId } from "../core/ids.ts";
import type { LockState } from "../core/instance.ts";
import { quoted } from "../core/quoted.ts";
import {
  holdLock,
  isLockInPlace,
  probeLock,
  releaseLock,
  removeLockFile,
} from "./lock-file.ts";

/** Nothing in it leads out of the directory. */
const ID = /^instance_[0-9A-Za-z]{1,64}$/;
const SUFFIX = ".lock";

export class InstanceLocks {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, "instances");
  }

  /** Takes the lock of this process, and takes it again if its file was removed. Throws STORAGE_BUSY or STORAGE_FAILED. */
  hold(id: InstanceId): void {
    const path = this.#path(id);
    if (isLockInPlace(path)) return;
    releaseLock(path, false);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    holdLock(path);
  }

  /** The file goes first, so that nobody finds it free. */
  release(id: InstanceId): void {
    releaseLock(this.#path(id), true);
  }

  probe(id: InstanceId): LockState {
    return probeLock(this.#path(id));
  }

  /** Of a dead instance whose work has been taken care of. */
  remove(id: InstanceId): void {
    removeLockFile(this.#path(id));
  }

  /** All that have a file, also those without a row. Whatever else lies there is passed over. */
  ids(): InstanceId[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw thrown;
    }
    return names.flatMap((name) => {
      const id = name.slice(0, -SUFFIX.length);
      return name.endsWith(SUFFIX) && ID.test(id) ? [id as InstanceId] : [];
    });
  }

  #path(id: InstanceId): string {
    if (!ID.test(id))
      throw new BalancerError(
        "INVALID_ARGUMENT",
        `${quoted(id)} is not the id of an instance`,
        { hint: "It is 'instance_' and up to 64 letters and digits." },
      );
    return join(this.#folder, id + SUFFIX);
  }
}
