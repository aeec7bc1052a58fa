/** The locks of the servers that share a home: `instances/<id>.lock`, held for as long as the process lives. */

import { lstatSync, mkdirSync, readdirSync } from "node:fs";
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

  /** Takes the lock of this process, and takes it again if its file was removed. Throws STORAGE_BUSY, STORAGE_FAILED or UNSAFE_PERMISSIONS. */
  hold(id: InstanceId): void {
    const path = this.#path(id);
    if (isLockInPlace(path)) return;
    releaseLock(path, false);
    makeFolder(this.#folder);
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

/** Looked at first: of what is no directory, mkdir says only that it exists; and a link would lead out of the home. */
function makeFolder(path: string): void {
  let isFolder: boolean | undefined;
  try {
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (seen === undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
    isFolder = seen?.isDirectory() ?? true;
  } catch (cause) {
    throw new BalancerError(
      "STORAGE_FAILED",
      `${path} cannot be made, where running servers keep their locks: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: "Check that the home directory is on a local disk, writable and not full.",
        cause,
      },
    );
  }
  if (isFolder) return;
  throw new BalancerError(
    "UNSAFE_PERMISSIONS",
    `${path}, where running servers keep their locks, is not a directory`,
    { hint: "Remove it, or move it away; it is made again." },
  );
}
