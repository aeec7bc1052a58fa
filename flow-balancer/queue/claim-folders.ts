/**
 * The files of the shell bridge: `<home>/claims/`, where scripts that know neither SQL nor us take work
 * with mkdir and mv. Everything in there is somebody else's: a name that is not one of ours is moved
 * aside and never opened, links are not followed, pipes are not waited for, and nothing is run.
 *
 *     want                            touched by whoever looks for work
 *     offer/<urgency>-<seq>.<key>     a task to take; <key> is <task id>.<fence>
 *     claim/<key>/                    made by whoever takes it, and then moves the offer there as `job`
 *     tmp/ seen/ fenced/ aside/       ours: halves, heartbeats, results that came too late, what is not ours
 */

import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BalancerError } from "../core/errors.ts";
import {
  type Attempt,
  type ClaimKey,
  isClaimKey,
  keyOf,
  keyOfOffer,
  offerName,
  type Offered,
} from "./claim-names.ts";

const FOLDERS = ["offer", "claim", "tmp", "seen", "fenced", "aside"] as const;
type Folder = (typeof FOLDERS)[number];

/** What is kept to look into, of each kind. */
const MAX_KEPT = 200;
/** Of a script's result; a script that has more to say names a file. */
const MAX_FILE_BYTES = 1_048_576;

/** What a file says; null for none, or a reason why it cannot be believed. */
export type FileContent =
  { readonly text: string } | { readonly wrong: string } | null;

export class ClaimFolders {
  readonly #root: string;
  readonly #unique: () => string;

  /** `unique` gives names that sort by time. */
  constructor(home: string, unique: () => string) {
    this.#root = join(home, "claims");
    this.#unique = unique;
  }

  /** Throws UNSAFE_PERMISSIONS if something else is where a folder of ours should be. */
  prepare(): void {
    for (const path of [this.#root, ...FOLDERS.map((it) => this.#at(it))]) {
      // Looked at first: of what is no folder, mkdir says only that it exists.
      if (!isThere(path)) mkdirSync(path, { recursive: true, mode: 0o700 });
      if (!lstatSync(path).isDirectory())
        throw new BalancerError(
          "UNSAFE_PERMISSIONS",
          `${path} is not a directory of ours, so scripts are offered no work`,
          { hint: "Remove it; it is made again." },
        );
    }
  }

  /** By key; a name that is none is moved aside. `moved` counts those. */
  offers(): { readonly names: Map<ClaimKey, string>; readonly moved: number } {
    const names = new Map<ClaimKey, string>();
    const moved = this.#list("offer", (name, isFile) => {
      const key = keyOfOffer(name);
      if (!isFile || key === null) return false;
      names.set(key, name);
      return true;
    });
    return { names, moved };
  }

  claims(): { readonly keys: Set<ClaimKey>; readonly moved: number } {
    const keys = new Set<ClaimKey>();
    const moved = this.#list("claim", (name, _, isFolder) => {
      if (!isFolder || !isClaimKey(name)) return false;
      // Whatever its script made of it: or it could be neither read nor moved.
      try {
        chmodSync(join(this.#at("claim"), name), 0o700);
      } catch (thrown) {
        // Another process has just cleared it away.
        if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return true;
        throw thrown;
      }
      keys.add(name);
      return true;
    });
    return { keys, moved };
  }

  /** A file that is an offer once it is put on offer; its name. */
  prepareOffer(attempt: Attempt, job: object): string {
    const half = `${keyOf(attempt)}.${this.#unique()}`;
    this.#write(half, `${JSON.stringify(job)}\n`);
    return half;
  }

  /** Whole or not at all. */
  offer = (half: string, offered: Offered): void =>
    this.#move(join(this.#at("tmp"), half), "offer", offerName(offered));

  dropHalf = (half: string): void => this.#remove("tmp", half);

  hasOffer = (name: string): boolean => isThere(join(this.#at("offer"), name));

  dropOffer(name: string): void {
    rmSync(join(this.#at("offer"), name), { force: true });
  }

  /**
   * Takes an attempt as a script would: true if no script has it, nor ever will. Never throws: where it
   * cannot be taken it stays on offer, until its lease runs out.
   */
  withdraw(attempt: Attempt): boolean {
    const key = keyOf(attempt);
    if (!isClaimKey(key)) return false;
    try {
      this.prepare();
      mkdirSync(join(this.#at("claim"), key), { mode: 0o700 });
    } catch {
      return false;
    }
    try {
      this.dropOffersOf(key);
    } catch {
      // Whoever takes that file finds its claim made; the next look of a bridge removes it.
    }
    return true;
  }

  dropOffersOf(key: ClaimKey): void {
    for (const name of readdirSync(this.#at("offer")))
      if (name.endsWith(`.${key}`)) this.dropOffer(name);
  }

  hasInClaim = (key: ClaimKey, name: string): boolean =>
    isThere(this.#inClaim(key, name));

  readClaim = (key: ClaimKey, name: string): FileContent =>
    readRegular(this.#inClaim(key, name));

  /** Something that is another whenever the file was touched. */
  sign(path: string): string {
    const stats = lstatSync(join(this.#root, path), {
      throwIfNoEntry: false,
      bigint: true,
    });
    return stats === undefined
      ? "none"
      : `${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.size}`;
  }

  heartbeat = (key: ClaimKey): string => this.sign(`claim/${key}/hb`);

  /** What was noted by whoever looked last, of this process or another; null: nobody has. */
  seen(name: string): string | null {
    const content = readRegular(join(this.#at("seen"), name));
    return content !== null && "text" in content ? content.text : null;
  }

  note(name: string, text: string): void {
    const half = `${name}.${this.#unique()}`;
    this.#write(half, text);
    renameSync(join(this.#at("tmp"), half), join(this.#at("seen"), name));
  }

  /** Asks the script to stop. */
  askToStop(key: ClaimKey): void {
    try {
      writeFileSync(this.#inClaim(key, "cancel"), "", { flag: "wx" });
    } catch {
      // It was asked before, or its folder is gone and it with it.
    }
  }

  /** Of an attempt that is over: nobody will look into its folder again. */
  discard(key: ClaimKey): void {
    this.dropOffersOf(key);
    const name = `${key}.${this.#unique()}`;
    this.#move(join(this.#at("claim"), key), "tmp", name);
    rmSync(join(this.#at("seen"), key), { force: true });
    this.#remove("tmp", name);
  }

  /** Keeps a folder to look into. */
  keep(key: ClaimKey, where: "fenced" | "aside"): void {
    this.dropOffersOf(key);
    this.#move(join(this.#at("claim"), key), where, `${key}.${this.#unique()}`);
    rmSync(join(this.#at("seen"), key), { force: true });
    this.#limit(where);
  }

  /** What is left of folders that were thrown away, and of halves that nobody finished. */
  clear(): void {
    for (const name of readdirSync(this.#at("tmp"))) this.#remove("tmp", name);
  }

  #list(
    folder: Folder,
    isOurs: (name: string, isFile: boolean, isFolder: boolean) => boolean,
  ): number {
    let moved = 0;
    for (const bytes of readdirSync(this.#at(folder), { encoding: "buffer" })) {
      const path = this.#path(folder, bytes);
      const stats = lstatOf(path);
      if (stats === undefined) continue;
      const name = bytes.toString("latin1");
      if (isOurs(name, stats.isFile(), stats.isDirectory())) continue;
      this.#move(path, "aside", `${folder}.${this.#unique()}`);
      moved++;
    }
    if (moved > 0) this.#limit("aside");
    return moved;
  }

  #write(half: string, text: string): void {
    const path = join(this.#at("tmp"), half);
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  }

  #move(from: string | Buffer, folder: Folder, name: string): void {
    try {
      renameSync(from, join(this.#at(folder), name));
    } catch (thrown) {
      // Another process did it.
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    }
  }

  /** The oldest go: what names end with sorts by time. */
  #limit(folder: "fenced" | "aside"): void {
    const age = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
    const names = readdirSync(this.#at(folder));
    const oldest = names.sort((a, b) => (age(a) < age(b) ? -1 : 1));
    for (const name of oldest.slice(0, Math.max(0, names.length - MAX_KEPT)))
      this.#remove(folder, name);
  }

  #remove(folder: Folder, name: string): void {
    try {
      rmSync(join(this.#at(folder), name), { recursive: true, force: true });
    } catch {
      // A folder that may not be entered stays; it is in nobody's way.
    }
  }

  #at = (folder: Folder): string => join(this.#root, folder);

  #path = (folder: Folder, name: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${this.#at(folder)}/`), name]);

  #inClaim = (key: ClaimKey, name: string): string =>
    join(this.#at("claim"), key, name);
}

const lstatOf = (path: string | Buffer) =>
  lstatSync(path, { throwIfNoEntry: false });

/** A link that leads nowhere is there. */
const isThere = (path: string): boolean => lstatOf(path) !== undefined;

/** Opens no link and waits for no pipe. */
function readRegular(path: string): FileContent {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    return { wrong: `cannot be opened (${code})` };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { wrong: "is not a file" };
    if (stats.size > MAX_FILE_BYTES)
      return { wrong: `is longer than ${MAX_FILE_BYTES} bytes` };
    const bytes = Buffer.alloc(stats.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return { text: bytes.toString("utf8", 0, length) };
  } finally {
    closeSync(file);
  }
}
