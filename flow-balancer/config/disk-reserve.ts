/**
 * Four MiB of the home's disk held back in a file. A full disk takes no write of SQLite's, not even
 * one that deletes; once the file is gone there is room for the results of what runs, and for
 * cancelling. New work is refused from then on (`isSpent`) until there is room for the file again.
 */

import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const RESERVE_BYTES = 4_194_304;
/** With less than this free it is not made again: a disk on the brink would go back and forth. */
const ROOM_BYTES = 67_108_864;
const CHUNK_BYTES = 65_536;

export class DiskReserve {
  readonly #path: string;
  readonly #freeBytes: () => number;
  #isSpent = false;

  constructor(home: string, freeBytes = () => roomAt(home)) {
    this.#path = join(home, "reserve");
    this.#freeBytes = freeBytes;
  }

  /** True: the disk was full, and what room there is belongs to what had been accepted before. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Makes the file, if there is room. True if it is there. Costs a look if it was there before. Never throws. */
  keep(): boolean {
    try {
      if (!this.#isThere() && !this.#make()) return false;
      this.#isSpent = false;
      return true;
    } catch {
      // Something that is not ours lies in its way, or the home cannot be looked at.
      return false;
    }
  }

  /** Of a full disk. True if that made room; false if there was no reserve left. Never throws. */
  free(): boolean {
    this.#isSpent = true;
    try {
      unlinkSync(this.#path);
      return true;
    } catch {
      // Another process was first, or it could never be made: there is nothing to free.
      return false;
    }
  }

  #isThere(): boolean {
    const stats = lstatSync(this.#path, { throwIfNoEntry: false });
    return stats?.isFile() === true && stats.size >= RESERVE_BYTES;
  }

  #make(): boolean {
    if (this.#freeBytes() < ROOM_BYTES) return false;
    // Under another name until it is whole: half a reserve would pass for one.
    const unfinished = `${this.#path}.new`;
    try {
      rmSync(unfinished, { force: true });
      fill(unfinished);
      renameSync(unfinished, this.#path);
      return true;
    } catch {
      // The disk became full over it, or another process makes it at this moment.
      rmSync(unfinished, { force: true });
      return false;
    }
  }
}

function fill(path: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    const chunk = new Uint32Array(CHUNK_BYTES / 4);
    let noise = 0x9e3779b9;
    for (let written = 0; written < RESERVE_BYTES;) {
      // xorshift32 (Marsaglia 2003): zeros would take no room on a file system that compresses.
      for (let i = 0; i < chunk.length; i++) {
        noise ^= noise << 13;
        noise ^= noise >>> 17;
        noise ^= noise << 5;
        chunk[i] = noise;
      }
      written += writeSync(file, chunk);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function roomAt(home: string): number {
  try {
    const { bavail, bsize } = statfsSync(home);
    return bavail * bsize;
  } catch {
    // Of a disk that does not answer, nothing is taken.
    return 0;
  }
}
