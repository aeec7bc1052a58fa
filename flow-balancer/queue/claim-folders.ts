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
  closeSync,
  constants,
  existsSync,
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
import type { TaskId } from "../core/ids.ts";

const FOLDERS = ["offer", "claim", "tmp", "seen", "fenced", "aside"] as const;
type Folder = (typeof FOLDERS)[number];

/** No dot in an id, no slash, nothing that a shell reads: whatever else it is, it is not ours. */
const KEY = /^(task_[0-9a-f]{1,64})\.([1-9]\d{0,15})$/;
const OFFER = /^\d{2}-\d{1,16}\.(.+)$/;
/** What is kept to look into, of each kind. */
const MAX_KEPT = 200;
/** Of a script's result; a script that has more to say names a file. */
const MAX_FILE_BYTES = 1_048_576;

/** `<task id>.<fence>`: one attempt, and no other ever. */
export type ClaimKey = string & { readonly brand: "claim key" };

export interface Attempt {
  readonly id: TaskId;
  readonly fence: number;
}

export const keyOf = ({ id, fence }: Attempt): ClaimKey =>
  `${id}.${fence}` as ClaimKey;

export function attemptOf(key: ClaimKey): Attempt {
  const [, id, fence] = KEY.exec(key) ?? [];
  return { id: id as TaskId, fence: Number(fence) };
}

/** What a file says; null for none, or a reason why it cannot be believed. */
export type FileContent =
  { readonly text: string } | { readonly wrong: string } | null;

export class ClaimFolders {
  readonly #root: string;
  #serial = 0;

  constructor(home: string) {
    this.#root = join(home, "claims");
  }

  /** Throws UNSAFE_PERMISSIONS if something else is where a folder of ours should be. */
  prepare(): void {
    for (const path of [this.#root, ...FOLDERS.map((it) => this.#at(it))]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
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
      const key = OFFER.exec(name)?.[1];
      if (!isFile || key === undefined || !KEY.test(key)) return false;
      names.set(key as ClaimKey, name);
      return true;
    });
    return { names, moved };
  }

  claims(): { readonly keys: Set<ClaimKey>; readonly moved: number } {
    const keys = new Set<ClaimKey>();
    const moved = this.#list("claim", (name, _, isFolder) => {
      if (!isFolder || !KEY.test(name)) return false;
      keys.add(name as ClaimKey);
      return true;
    });
    return { keys, moved };
  }

  /** Whole or not at all. `order` sorts as text: the most urgent first. */
  offer(key: ClaimKey, order: string, job: object): void {
    const half = join(this.#at("tmp"), `${key}.${this.#unique()}`);
    writeFileSync(half, `${JSON.stringify(job)}\n`, { flag: "wx", mode: 0o600 });
    renameSync(half, join(this.#at("offer"), `${order}.${key}`));
  }

  hasOffer(name: string): boolean {
    return existsSync(join(this.#at("offer"), name));
  }

  dropOffer(name: string): void {
    rmSync(join(this.#at("offer"), name), { force: true });
  }

  /** Takes an attempt as a script would: true if no script has it, nor ever will. */
  withdraw(attempt: Attempt): boolean {
    const key = keyOf(attempt);
    if (!KEY.test(key)) return false;
    this.prepare();
    try {
      mkdirSync(join(this.#at("claim"), key), { mode: 0o700 });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw thrown;
    }
    this.dropOffersOf(key);
    return true;
  }

  dropOffersOf(key: ClaimKey): void {
    for (const name of readdirSync(this.#at("offer")))
      if (name.endsWith(`.${key}`)) this.dropOffer(name);
  }

  hasInClaim(key: ClaimKey, name: string): boolean {
    return (
      lstatSync(this.#inClaim(key, name), { throwIfNoEntry: false }) !==
      undefined
    );
  }

  readClaim(key: ClaimKey, name: string): FileContent {
    return readRegular(this.#inClaim(key, name));
  }

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
    const half = join(this.#at("tmp"), `${name}.${this.#unique()}`);
    writeFileSync(half, text, { flag: "wx", mode: 0o600 });
    renameSync(half, join(this.#at("seen"), name));
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
    this.#move(join(this.#at("claim"), key), "tmp", `${key}.${this.#unique()}`);
    rmSync(join(this.#at("seen"), key), { force: true });
    this.clear();
  }

  /** Keeps a folder to look into. */
  keep(key: ClaimKey, where: "fenced" | "aside"): void {
    this.dropOffersOf(key);
    this.#move(join(this.#at("claim"), key), where, `${key}.${this.#unique()}`);
    rmSync(join(this.#at("seen"), key), { force: true });
    this.#limit(where);
  }

  /** What is left of folders that were thrown away, and of halves nobody finished. */
  clear(): void {
    for (const name of readdirSync(this.#at("tmp"), { encoding: "buffer" }))
      if (lstatOf(this.#path("tmp", name))?.isDirectory() === true)
        rmSync(this.#path("tmp", name).toString(), {
          recursive: true,
          force: true,
        });
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

  #move(from: string | Buffer, folder: Folder, name: string): void {
    try {
      renameSync(from, join(this.#at(folder), name));
    } catch (thrown) {
      // Another process did it.
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    }
  }

  /** Names begin with letters, then a clock: the oldest of a kind come first. */
  #limit(folder: "fenced" | "aside"): void {
    const names = readdirSync(this.#at(folder));
    if (names.length <= MAX_KEPT) return;
    const age = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
    const oldest = names.sort((a, b) => (age(a) < age(b) ? -1 : 1));
    for (const name of oldest.slice(0, names.length - MAX_KEPT))
      rmSync(join(this.#at(folder), name), { recursive: true, force: true });
  }

  #at = (folder: Folder): string => join(this.#root, folder);

  #path = (folder: Folder, name: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${this.#at(folder)}/`), name]);

  #inClaim = (key: ClaimKey, name: string): string =>
    join(this.#at("claim"), key, name);

  /** Of one home, whatever the process. */
  #unique = (): string => `${Bun.randomUUIDv7()}`;
}

const lstatOf = (path: Buffer) => lstatSync(path, { throwIfNoEntry: false });

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
    const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    if (length > MAX_FILE_BYTES)
      return { wrong: `is longer than ${MAX_FILE_BYTES} bytes` };
    return { text: bytes.toString("utf8", 0, length) };
  } finally {
    closeSync(file);
  }
}
