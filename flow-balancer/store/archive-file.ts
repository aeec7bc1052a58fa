/**
 * Ended tasks that left the database, in files that only grow: `archive/<yyyy-mm>.<number>.jsonl.zst`.
 * A batch is two zstd frames (RFC 8878): one that every reader skips, and one with a line of JSON a
 * task. So `zstd -dc` prints a file, and we find a task by reading the first kind alone:
 *
 *     0  4  0x184D2A5B, the magic number of a frame to skip (little-endian, as all numbers here)
 *     4  4  length of what follows of it, bytes
 *     8  4  "FBA1"
 *    12  4  length of the frame with the tasks
 *    16  4  length of its text
 *    20  8  XXH3-64 of it
 *    28  4  number of tasks
 *    32 8n  XXH3-64 of their ids
 *     …  8  XXH3-64 of everything before
 *
 * A file has one writer ever (see retention-lease.ts), so a batch that was cut off is the last of its file.
 */

import { constants } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  rm,
  stat,
} from "node:fs/promises";
import { join } from "node:path";
import { compressOffThread, decompress } from "../codec/compress.ts";
import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";
import { type ArchivedTask, parseLine, toLine } from "./archived-task.ts";

const SKIPPED_MAGIC = 0x18_4d_2a_5b;
const OURS = 0x31_41_42_46;
const IDS_AT = 32;
const SEAL_BYTES = 8;
/** Far above a batch; a length beyond it is damage. */
const MAX_TASKS = 1_000_000;
const NAME = /^(\d{4})-(\d{2})\.(\d+)\.jsonl\.zst$/;

interface ArchiveName {
  readonly name: string;
  readonly month: string;
  readonly number: number;
}

/** What is in an archive folder, oldest first. */
export async function archiveFiles(folder: string): Promise<ArchiveName[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    () => [],
  );
  return entries
    .flatMap((entry) => {
      const [name, year, month, number] = NAME.exec(entry.name) ?? [];
      return name === undefined || !entry.isFile()
        ? []
        : [{ name, month: `${year}-${month}`, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number || (a.month < b.month ? -1 : 1));
}

export const archiveFolder = (home: string): string => join(home, "archive");

const nameOf = (at: EpochMs, number: number): string =>
  `${new Date(at).toISOString().slice(0, 7)}.${String(number).padStart(6, "0")}.jsonl.zst`;

/**
 * Appends a batch; on disk once it resolves, with the length of the file in bytes. Throws what the file
 * system throws: then there may be half a batch at the end, and the file must not be written to again.
 */
export async function appendToArchive(
  home: string,
  batch: readonly ArchivedTask[],
  { at, number }: { readonly at: EpochMs; readonly number: number },
): Promise<number> {
  const folder = archiveFolder(home);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  const file = await open(
    join(folder, nameOf(at, number)),
    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW,
    0o600,
  );
  try {
    const bytes = await encodeBatch(batch);
    for (let done = 0; done < bytes.length;)
      done += (await file.write(bytes, done)).bytesWritten;
    await file.sync();
    const { size } = await file.stat();
    // The name of a new file is in the folder, which is a file of its own.
    if (size === bytes.length) await syncFolder(folder);
    return size;
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function encodeBatch(
  batch: readonly ArchivedTask[],
): Promise<Uint8Array<ArrayBuffer>> {
  const text = Buffer.from(batch.map((it) => `${toLine(it)}\n`).join(""));
  const packed = await compressOffThread(text, "zstd");
  const head = Buffer.alloc(IDS_AT + batch.length * 8 + SEAL_BYTES);
  head.writeUInt32LE(SKIPPED_MAGIC, 0);
  head.writeUInt32LE(head.length - 8, 4);
  head.writeUInt32LE(OURS, 8);
  head.writeUInt32LE(packed.length, 12);
  head.writeUInt32LE(text.length, 16);
  head.writeBigUInt64LE(Bun.hash.xxHash3(packed), 20);
  head.writeUInt32LE(batch.length, 28);
  for (const [n, { task }] of batch.entries())
    head.writeBigUInt64LE(Bun.hash.xxHash3(task.id), IDS_AT + n * 8);
  const seal = head.length - SEAL_BYTES;
  head.writeBigUInt64LE(Bun.hash.xxHash3(head.subarray(0, seal)), seal);
  return Buffer.concat([head, packed]);
}

interface Batch {
  readonly ids: BigUint64Array;
  /** Throws PAYLOAD_DAMAGED. */
  tasks(): Promise<readonly ArchivedTask[]>;
}

/** The batches of a file, up to its end or to one that was cut off or has a damaged head. */
async function* batches(path: string): AsyncGenerator<Batch> {
  const file = await openIfThere(path);
  if (file === null) return;
  try {
    for (let at = 0; ;) {
      const head = await readHead(file, at);
      if (head === null) return;
      const body = at + head.bytes;
      at = body + head.packedBytes;
      if ((await file.stat()).size < at) return;
      yield { ids: head.ids, tasks: () => readBody(file, path, body, head) };
    }
  } finally {
    await file.close();
  }
}

/** Null if it was pruned by now. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw thrown;
  }
}

interface Head {
  readonly bytes: number;
  readonly packedBytes: number;
  readonly textBytes: number;
  readonly hash: bigint;
  readonly ids: BigUint64Array;
}

async function readHead(file: FileHandle, at: number): Promise<Head | null> {
  const start = await readAt(file, at, IDS_AT);
  if (start === null) return null;
  const count = start.readUInt32LE(28);
  const bytes = IDS_AT + count * 8 + SEAL_BYTES;
  const isHead =
    start.readUInt32LE(0) === SKIPPED_MAGIC &&
    start.readUInt32LE(4) === bytes - 8 &&
    start.readUInt32LE(8) === OURS &&
    count <= MAX_TASKS;
  const rest = isHead ? await readAt(file, at + IDS_AT, bytes - IDS_AT) : null;
  if (rest === null) return null;
  const sealed = Buffer.concat([start, rest.subarray(0, -SEAL_BYTES)]);
  if (Bun.hash.xxHash3(sealed) !== rest.readBigUInt64LE(count * 8)) return null;
  return {
    bytes,
    packedBytes: start.readUInt32LE(12),
    textBytes: start.readUInt32LE(16),
    hash: start.readBigUInt64LE(20),
    ids: BigUint64Array.from({ length: count }, (_, n) =>
      rest.readBigUInt64LE(n * 8),
    ),
  };
}

async function readBody(
  file: FileHandle,
  path: string,
  at: number,
  head: Head,
): Promise<readonly ArchivedTask[]> {
  const packed = await readAt(file, at, head.packedBytes);
  if (packed === null || Bun.hash.xxHash3(packed) !== head.hash)
    throw new BalancerError(
      "PAYLOAD_DAMAGED",
      `${head.ids.length} archived tasks at byte ${at} of ${path} are damaged`,
      { hint: "Those of other batches can be read; check the disk." },
    );
  const text = Buffer.from(decompress(packed, "zstd", head.textBytes));
  return text.toString().split("\n").slice(0, -1).map(parseLine);
}

/** Null if the file ends before. */
async function readAt(
  file: FileHandle,
  at: number,
  bytes: number,
): Promise<Buffer | null> {
  const { size } = await file.stat();
  if (at + bytes > size) return null;
  const buffer = Buffer.alloc(bytes);
  for (let done = 0; done < bytes;) {
    const { bytesRead } = await file.read(
      buffer,
      done,
      bytes - done,
      at + done,
    );
    if (bytesRead === 0) return null;
    done += bytesRead;
  }
  return buffer;
}

/** Everything in a file, in the order it was archived; a batch may be there twice. Throws PAYLOAD_DAMAGED. */
export async function* readArchive(path: string): AsyncGenerator<ArchivedTask> {
  for await (const batch of batches(path)) yield* await batch.tasks();
}

/** An archived task, as it was last; null if there is none. Throws PAYLOAD_DAMAGED if it is where it cannot be read. */
export async function findInArchive(
  home: string,
  id: TaskId,
): Promise<ArchivedTask | null> {
  const wanted = Bun.hash.xxHash3(id);
  for (const { name } of (await archiveFiles(archiveFolder(home))).reverse()) {
    let last: ArchivedTask | null = null;
    for await (const batch of batches(join(archiveFolder(home), name)))
      if (batch.ids.includes(wanted))
        last =
          (await batch.tasks()).findLast((it) => it.task.id === id) ?? last;
    if (last !== null) return last;
  }
  return null;
}

/** Deletes files from before `oldest` (yyyy-mm), and the oldest ones while all together are longer than `maxBytes`. Returns how many. */
export async function pruneArchive(
  home: string,
  { oldest, maxBytes }: { readonly oldest: string; readonly maxBytes: number },
): Promise<number> {
  const folder = archiveFolder(home);
  let held = 0;
  let pruned = 0;
  // The newest first: what no longer fits is old.
  for (const [n, { name, month }] of (await archiveFiles(folder))
    .reverse()
    .entries()) {
    held += (await stat(join(folder, name)).catch(() => null))?.size ?? 0;
    if (month >= oldest && (held <= maxBytes || n === 0)) continue;
    await rm(join(folder, name), { force: true });
    pruned++;
  }
  return pruned;
}
