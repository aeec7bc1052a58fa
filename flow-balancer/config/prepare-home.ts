/** The home directory: one user's alone and on a file system that keeps what is written, or not used at all. */

import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { BalancerError, type ErrorCode } from "../core/errors.ts";
import { DiskReserve } from "./disk-reserve.ts";
import {
  filesystemKind,
  type FilesystemProbe,
  systemProbe,
} from "./filesystem-kind.ts";
import { nearestFolder } from "./nearest-folder.ts";

/** Ends the sentence "the home directory X ...". */
interface Remark {
  readonly reason: string;
  readonly fix: string;
}

export type HomeState =
  | { readonly type: "absent"; readonly caution: Remark | null }
  | {
      /** Readable: others may look into it. Not refused, files in it are private by themselves. */
      readonly type: "private" | "readable";
      readonly mode: number;
      /** It works, as far as anybody can tell. */
      readonly caution: Remark | null;
    }
  | ({ readonly type: "unsafe"; readonly code: ErrorCode } & Remark);

/** What is asked of the system. */
export interface HomeProbe extends FilesystemProbe {
  /** Why a directory cannot be written, as an errno name; null: it can. */
  writeRefusal(path: string): string | null;
  /** For this user, bytes. */
  freeBytes(path: string): number;
}

const SYSTEM: HomeProbe = { ...systemProbe, writeRefusal, freeBytes };

/** The store of a new home takes a quarter of it, and the index of a log that was left takes some of it too. */
const NEEDED_BYTES = 1_048_576;

/**
 * Creates the directory (0700) unless it is there. Returns what is not as it should be, in sentences,
 * though it works. Throws UNSAFE_PERMISSIONS, INVALID_CONFIG (a network file system), STORAGE_FULL (even
 * with the reserve freed), or STORAGE_FAILED if it cannot be made or written.
 */
export function prepareHome(
  { home }: { readonly home: string },
  probe: HomeProbe = SYSTEM,
): readonly string[] {
  let state = inspectHome(home, probe);
  if (state.type === "absent") {
    createHome(home);
    state = inspectHome(home, probe);
  }
  if (state.type === "unsafe") throw refused(home, state.code, state);
  const caution = state.type === "absent" ? null : state.caution;
  const full = makeRoom(home, probe);
  return [caution, full].flatMap((it) =>
    it === null ? [] : [`${sentence(home, it)}. ${it.fix}`],
  );
}

/** For what only reads: throws of a home that is there what `prepareHome` would, and makes nothing. One that is not there is no fault. */
export function refuseUnsafeHome(home: string): void {
  if (!isThere(home)) return;
  const state = inspectHome(home);
  if (state.type === "unsafe") throw refused(home, state.code, state);
}

/** For what may as well wait until there is room. Frees nothing. Throws STORAGE_FULL. */
export function refuseFullHome(
  home: string,
  probe: Pick<HomeProbe, "freeBytes"> = SYSTEM,
): void {
  const full = fullness(home, probe);
  if (full !== null) throw refused(home, "STORAGE_FULL", full);
}

/** Whether SQLite has room to write there at all; null: it has, or the home is not there. */
export function fullness(
  home: string,
  probe: Pick<HomeProbe, "freeBytes"> = SYSTEM,
): Remark | null {
  if (!existsSync(home)) return null;
  const free = probe.freeBytes(home);
  if (free >= NEEDED_BYTES) return null;
  return {
    reason: `lies on a full disk (${Math.floor(free / 1_024)} KiB free)`,
    fix: "Free some space, or set FLOW_BALANCER_HOME to another disk.",
  };
}

/** Only looks. */
export function inspectHome(
  home: string,
  probe: HomeProbe = SYSTEM,
): HomeState {
  let stats: Stats;
  try {
    stats = lstatSync(home);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return beforeItIsMade(home, probe);
    const reason = `cannot be looked at: ${(error as Error).message}`;
    return unsafe(reason, OTHER_HOME);
  }
  const mode = stats.mode & 0o777;
  if (stats.isSymbolicLink())
    return unsafe(
      "is a symbolic link",
      `Set FLOW_BALANCER_HOME to the directory itself: ls -ld '${home}'`,
    );
  if (!stats.isDirectory()) return unsafe("is not a directory", OTHER_HOME);
  if (stats.uid !== process.getuid?.())
    return unsafe(`belongs to the user with id ${stats.uid}`, OTHER_HOME);
  if ((mode & 0o022) !== 0)
    return unsafe(
      `can be written by others (mode ${mode.toString(8)})`,
      `chmod 700 '${home}'`,
    );
  const refusal = probe.writeRefusal(home);
  if (refusal === "EROFS") return readOnly();
  if (refusal !== null)
    return unsafe(
      `is not writable (mode ${mode.toString(8)}, ${refusal})`,
      `chmod 700 '${home}'`,
    );
  const ground = groundOf(home, probe);
  if (ground.type === "unsafe") return ground;
  const type = (mode & 0o077) === 0 ? "private" : "readable";
  return { type, mode, caution: ground.caution };
}

const OTHER_HOME = "Set FLOW_BALANCER_HOME to a directory of your own.";
const LOCAL_DISK =
  "Set FLOW_BALANCER_HOME to a directory of your own on a local disk.";

type Unsafe = Extract<HomeState, { readonly type: "unsafe" }>;

const unsafe = (
  reason: string,
  fix: string,
  code: ErrorCode = "UNSAFE_PERMISSIONS",
): Unsafe => ({ type: "unsafe", code, reason, fix });

const readOnly = (): Unsafe =>
  unsafe(
    "lies on a file system that is mounted read-only",
    OTHER_HOME,
    "STORAGE_FAILED",
  );

/** Nothing is made on a file system that would be refused. */
function beforeItIsMade(home: string, probe: HomeProbe): HomeState {
  const folder = nearestFolder(home);
  const refusal = probe.writeRefusal(folder);
  if (refusal === "EROFS") return readOnly();
  if (refusal !== null)
    return unsafe(
      `cannot be made: ${folder} is not writable (${refusal})`,
      OTHER_HOME,
      "STORAGE_FAILED",
    );
  const ground = groundOf(folder, probe);
  return ground.type === "unsafe"
    ? ground
    : { type: "absent", caution: ground.caution };
}

/** What it lies on. */
function groundOf(
  folder: string,
  probe: HomeProbe,
): Unsafe | { readonly type: "ground"; readonly caution: Remark | null } {
  const kind = filesystemKind(realpathSync(folder), probe);
  switch (kind.type) {
    case "network":
      return unsafe(
        `lies on ${kind.name}, a network file system: SQLite needs memory and locks that only one machine shares`,
        LOCAL_DISK,
        "INVALID_CONFIG",
      );
    case "unclear":
      return {
        type: "ground",
        caution: {
          reason: `lies on a file system that a program serves (${kind.name}): whether it keeps what SQLite writes cannot be told`,
          fix: LOCAL_DISK,
        },
      };
    case "local":
      return { type: "ground", caution: null };
  }
}

function createHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === "ENOSPC";
    throw new BalancerError(
      isFull ? "STORAGE_FULL" : "STORAGE_FAILED",
      `the home directory ${home} cannot be made: ${(error as Error).message}`,
      { hint: OTHER_HOME, cause: error },
    );
  }
}

/** A full disk need not keep a server from starting: what is there can be read, ended and cancelled. */
function makeRoom(home: string, probe: HomeProbe): Remark | null {
  const full = fullness(home, probe);
  if (full === null) return null;
  const freed = new DiskReserve(home).free();
  if (!freed || probe.freeBytes(home) < NEEDED_BYTES)
    throw refused(home, "STORAGE_FULL", full);
  return {
    ...full,
    reason: `${full.reason}; what was held back for this was freed`,
  };
}

/** A link that leads nowhere is there, and so is what cannot be looked at. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

const sentence = (home: string, { reason }: Remark): string =>
  `the home directory ${home} ${reason}`;

const refused = (
  home: string,
  code: ErrorCode,
  remark: Remark,
): BalancerError =>
  new BalancerError(code, sentence(home, remark), { hint: remark.fix });

/** Asked of the kernel, since root may write where its mode says no, and nobody may on a read-only mount. */
function writeRefusal(path: string): string | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}

/** A part of most disks is kept for root. A file system that does not say how large it is, is not full. */
function freeBytes(path: string): number {
  const { blocks, bfree, bavail, bsize } = statfsSync(path);
  if (blocks === 0) return Number.POSITIVE_INFINITY;
  return (process.getuid?.() === 0 ? bfree : bavail) * bsize;
}
