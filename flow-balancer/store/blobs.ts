/**
 * Payloads too large for a row, as files named by what is in them: `<home>/blobs/ab/ab12...` (SHA-256 of the
 * payload, hex). A file is written beside its place and renamed into it, so that under its name there is
 * all of it or nothing, whenever a writer dies; what is in it is a checked payload (see
 * codec/payload-codec.ts), so that damage of any kind is seen and never returned.
 */

import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OFF_THREAD_BYTES } from "../codec/compress.ts";
import {
  decodePayload,
  encodePayload,
  encodePayloadOffThread,
} from "../codec/payload-codec.ts";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";

const NAME = /^[0-9a-f]{64}$/;
/** Of what is being written: no name of a blob begins so. */
const UNFINISHED = ".";
/** As much as a setting can allow a payload to be. */
const MAX_BYTES = 1_073_741_824;

export class Blobs {
  readonly #folder: string;
  readonly #env: Pick<Env, "unique">;

  /** The folder `blobs` in the home is made with the first write. */
  constructor(home: string, env: Pick<Env, "unique">) {
    this.#folder = join(home, "blobs");
    this.#env = env;
  }

  /** The name, once the file is on disk. `raw` must not change until then. Throws STORAGE_FULL or STORAGE_FAILED. */
  async write(raw: Uint8Array<ArrayBuffer>): Promise<string> {
    const name = nameOf(raw);
    const encoded =
      raw.length > OFF_THREAD_BYTES
        ? await encodePayloadOffThread(raw)
        : encodePayload(raw);
    const path = this.#pathOf(name);
    const folder = dirname(path);
    const unfinished = join(folder, `${UNFINISHED}${this.#env.unique()}`);
    try {
      await this.#makeFolder(folder);
      await writeSynced(unfinished, encoded);
      await rename(unfinished, path);
      await syncFolder(folder);
    } catch (thrown) {
      await unlink(unfinished).catch(() => {});
      throw writeError(path, thrown);
    }
    return name;
  }

  /** The payload. Throws PAYLOAD_DAMAGED, with `what` it was and what is wrong. Holds the thread: about 1 ms a MiB. */
  read(name: string, what: string): Uint8Array {
    if (!NAME.test(name))
      throw damaged(what, `'${name.slice(0, 80)}' names no file of it`);
    let encoded: Uint8Array;
    try {
      encoded = readFileSync(this.#pathOf(name));
    } catch (thrown) {
      const isGone = (thrown as { code?: unknown }).code === "ENOENT";
      throw damaged(
        what,
        isGone
          ? `its file ${this.#pathOf(name)} is not there`
          : `its file cannot be read: ${String(thrown)}`,
      );
    }
    const raw = decodePayload(encoded, {
      what: `${what} (${this.#pathOf(name)})`,
      maxBytes: MAX_BYTES,
    });
    if (nameOf(raw) !== name)
      throw damaged(what, `${this.#pathOf(name)} holds something else`);
    return raw;
  }

  /** Writes one again that was removed meanwhile, holding the thread: it is rare. */
  ensure(raw: Uint8Array<ArrayBuffer>): void {
    const path = this.#pathOf(nameOf(raw));
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const unfinished = join(
      dirname(path),
      `${UNFINISHED}${this.#env.unique()}`,
    );
    writeFileSync(unfinished, encodePayload(raw), { mode: 0o600, flush: true });
    renameSync(unfinished, path);
  }

  /** For one that nobody names: whether that is so is the caller's to know, under a lock that keeps it so. */
  remove(name: string): void {
    if (!NAME.test(name)) return;
    try {
      unlinkSync(this.#pathOf(name));
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code !== "ENOENT") throw thrown;
    }
  }

  /** Names of the blobs written before a moment. What killed writers left unfinished before it is removed. */
  async writtenBefore(moment: EpochMs): Promise<string[]> {
    const found: string[] = [];
    for (const shard of await entriesOf(this.#folder))
      for (const entry of await entriesOf(join(this.#folder, shard))) {
        const path = join(this.#folder, shard, entry);
        const info = await stat(path).catch(() => null);
        if (info === null || info.mtimeMs >= moment) continue;
        if (entry.startsWith(UNFINISHED)) await unlink(path).catch(() => {});
        else if (NAME.test(entry)) found.push(entry);
      }
    return found;
  }

  #pathOf(name: string): string {
    return join(this.#folder, name.slice(0, 2), name);
  }

  async #makeFolder(folder: string): Promise<void> {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    // The new folder's own name is to be on disk too.
    await syncFolder(this.#folder);
    await syncFolder(dirname(this.#folder));
  }
}

const nameOf = (raw: Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(raw).digest("hex");

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that a rename in it is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** Empty for a folder that is not there. */
const entriesOf = (folder: string): Promise<string[]> =>
  readdir(folder).catch(() => []);

function writeError(path: string, thrown: unknown): BalancerError {
  if (thrown instanceof BalancerError) return thrown;
  const isFull = (thrown as { code?: unknown }).code === "ENOSPC";
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new BalancerError(
    isFull ? "STORAGE_FULL" : "STORAGE_FAILED",
    isFull ? "the disk is full" : `${path} could not be written: ${why}`,
    {
      hint: "Nothing was changed; free some space, or check the folder.",
      cause: thrown,
    },
  );
}

const damaged = (what: string, why: string): BalancerError =>
  new BalancerError("PAYLOAD_DAMAGED", `${what} is damaged: ${why}`, {
    hint: "Nothing else is affected; check the disk if it happens again.",
  });
