/**
 * A store as a killed process left it, on a disk of memory where there is one: flow.db and a log of a few
 * dozen transactions that did not reach it yet. Knows what each transaction left, and which of them are
 * whole in front of a damaged byte of the log: SQLite's checksums run through all of it, so nothing behind counts.
 */

import { Database } from "bun:sqlite";
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskState } from "../../flow-balancer/core/task.ts";

/** What the first so many transactions left. */
export interface Prefix {
  /** The user_version of the database, a number a transaction. */
  readonly mark: number;
  /** Hash of the whole database, page for page. */
  readonly image: string;
  /** By id. */
  readonly tasks: Readonly<Record<string, TaskState>>;
  /** Settles that were accepted. */
  readonly outcomes: number;
}

export type LogKind = "short" | "fresh" | "restarted" | "grown";

/** The log has a header, and frames of a header and a page each (sqlite.org/fileformat2.html#walformat). */
export const LOG_HEADER = 32;
export const FRAME_HEADER = 24;

export const roomy = (): string =>
  existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export class DamagedStore {
  readonly prefixes: readonly Prefix[];
  /** Its files as they were left. */
  readonly main: Buffer;
  readonly log: Buffer;
  readonly frameBytes: number;
  /** Pages of the frames that count, oldest first, and whether a transaction ends with them. */
  readonly frames: readonly { page: number; isCommit: boolean }[];
  readonly path: string;
  readonly logFile: number;
  readonly mainFile: number;
  readonly #folder: string;
  readonly #sound = new Set<string>();

  static async make(kind: LogKind): Promise<DamagedStore> {
    const folder = mkdtempSync(join(roomy(), "damaged-"));
    const child = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "../store/children/damaged-store-writer.ts"),
        join(folder, "flow.db"),
        kind,
      ],
      { stdout: "pipe", stderr: "inherit" },
    );
    const lines = await new Response(child.stdout).text();
    await child.exited;
    if (child.signalCode !== "SIGKILL") {
      rmSync(folder, { recursive: true });
      throw new Error("the writer did not die as it should");
    }
    return new DamagedStore(folder, Bun.JSONL.parse(lines) as Prefix[]);
  }

  private constructor(folder: string, prefixes: readonly Prefix[]) {
    this.#folder = folder;
    this.path = join(folder, "flow.db");
    this.prefixes = prefixes;
    this.main = readFileSync(this.path);
    this.log = readFileSync(`${this.path}-wal`);
    this.logFile = openSync(`${this.path}-wal`, "r+");
    this.mainFile = openSync(this.path, "r+");
    this.frameBytes = this.log.readUInt32BE(8) + FRAME_HEADER;
    this.frames = framesOf(this.log, this.frameBytes);
  }

  get last(): Prefix {
    return this.prefixes.at(-1)!;
  }

  /** Where the frames that count end; an older log may go on behind it. */
  get logEnd(): number {
    return LOG_HEADER + this.frames.length * this.frameBytes;
  }

  /** What is left when this byte of the log, or any behind it, is not as it was. */
  before(byte: number): Prefix {
    const whole = Math.floor((byte - LOG_HEADER) / this.frameBytes);
    const commits = this.frames
      .slice(0, Math.max(0, whole))
      .filter(({ isCommit }) => isCommit);
    return this.prefixes[commits.length]!;
  }

  /** The prefix that SQLite takes the files as they are now for, by its mark. */
  mark(): number {
    return this.#reading(markOf);
  }

  /** The same, and that each page is as it was then; SQLite checks the same pages once. Throws otherwise. */
  assertIs({ mark, image }: Prefix): void {
    this.#reading((raw) => {
      const found = Bun.hash(raw.serialize()).toString();
      if (markOf(raw) !== mark || found !== image)
        throw new Error("it is something else");
      if (this.#sound.has(image)) return;
      assertSound(raw);
      this.#sound.add(image);
    });
  }

  /** By a handle that may only read, as the last to close one that writes would change the files. */
  #reading<T>(read: (raw: Database) => T): T {
    const raw = new Database(this.path, { readonly: true });
    try {
      return read(raw);
    } finally {
      raw.close();
    }
  }

  /** Makes the files what they were. */
  restore(): void {
    for (const [file, bytes] of [
      [this.mainFile, this.main],
      [this.logFile, this.log],
    ] as const) {
      ftruncateSync(file, bytes.length);
      writeSync(file, bytes, 0, bytes.length, 0);
    }
  }

  /** Files of another name beside it, to be opened for good. */
  copy(): { readonly path: string } & Disposable {
    const folder = mkdtempSync(join(this.#folder, "copy-"));
    const path = join(folder, "flow.db");
    for (const end of ["", "-wal"]) copyFileSync(this.path + end, path + end);
    return {
      path,
      [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
    };
  }

  [Symbol.dispose](): void {
    closeSync(this.logFile);
    closeSync(this.mainFile);
    rmSync(this.#folder, { recursive: true });
  }
}

const markOf = (raw: Database): number =>
  raw.query<{ user_version: number }, []>("PRAGMA user_version").get()!
    .user_version;

/** Throws what SQLite finds wrong. */
export function assertSound(raw: Database): void {
  const found = raw
    .query<{ integrity_check: string }, []>("PRAGMA integrity_check")
    .all()
    .map((row) => row.integrity_check);
  if (found.join() !== "ok") throw new Error(found.join("; "));
}

/** Those written since the log was last begun anew: they carry its two salts. */
function framesOf(log: Buffer, frameBytes: number): DamagedStore["frames"] {
  const frames: { page: number; isCommit: boolean }[] = [];
  const salts = log.subarray(16, 24);
  for (let at = LOG_HEADER; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break;
    frames.push({
      page: log.readUInt32BE(at),
      isCommit: log.readUInt32BE(at + 4) > 0,
    });
  }
  return frames;
}
