/**
 * Whether SQLite can be trusted with a file system. Its write-ahead log is shared memory between
 * processes of one kernel (sqlite.org/wal.html), and its locks are the file system's: on a network
 * file system both can fail without a word, and take the database with them.
 */

import { statfsSync, readFileSync } from "node:fs";

export type FilesystemKind =
  | { readonly type: "local" }
  /** Served by another machine, or by another kernel: not to be used. */
  | { readonly type: "network"; readonly name: string }
  /** A program serves it, and nobody can tell from what. */
  | { readonly type: "unclear"; readonly name: string };

/** What is asked of the system. */
export interface FilesystemProbe {
  readonly platform: string;
  /** `f_type` of statfs(2). */
  magic(path: string): number;
  /** /proc/self/mountinfo; empty where there is none. */
  mounts(): string;
}

export const systemProbe: FilesystemProbe = {
  platform: process.platform,
  magic: (path) => statfsSync(path).type,
  mounts: () => {
    try {
      return readFileSync("/proc/self/mountinfo", "utf8");
    } catch {
      return "";
    }
  },
};

/** include/uapi/linux/magic.h, and for the last five src/stat.c of GNU coreutils, since they are not in the kernel. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB 2"],
  [0x01021997, "9p"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x564c, "NCP"],
  [0x7461636f, "OCFS2"],
  [0x01161970, "GFS2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0xaad7aaea, "PanFS"],
  [0x786f4256, "vboxsf"],
]);
const FUSE = 0x65735546;
/** As mountinfo names them. */
const NETWORK_FUSE =
  /^fuse\.(?:sshfs|rclone|s3fs|gcsfuse|goofys|mount-s3|glusterfs|ceph(?:-fuse)?|davfs2?|curlftpfs|juicefs|smbnetfs)$/;
/** A disk of this machine, by the kernel's own word. */
const BLOCK_FUSE = "fuseblk";

/** Of a path that is there. Throws what statfs throws. Elsewhere than on Linux the numbers mean other things: `local`. */
export function filesystemKind(
  path: string,
  probe: FilesystemProbe = systemProbe,
): FilesystemKind {
  if (probe.platform !== "linux") return { type: "local" };
  // Signed where a word has 32 bits.
  const magic = probe.magic(path) >>> 0;
  const name = NETWORK.get(magic);
  if (name !== undefined) return { type: "network", name };
  if (magic !== FUSE) return { type: "local" };
  const fuse = mountedAs(path, probe.mounts());
  if (fuse === BLOCK_FUSE) return { type: "local" };
  return NETWORK_FUSE.test(fuse)
    ? { type: "network", name: fuse }
    : { type: "unclear", name: fuse };
}

/** The type of the file system a path lies on: of the deepest mount above it, the last one if several are at one place. */
function mountedAs(path: string, mounts: string): string {
  let best = { at: "", type: "FUSE" };
  for (const line of mounts.split("\n")) {
    // proc(5): id, parent, device, root, mount point, options, any number of fields, "-", type.
    const [before = "", after = ""] = line.split(" - ");
    const at = unescaped(before.split(" ")[4] ?? "");
    const type = after.split(" ")[0] ?? "";
    const isAbove =
      at !== "" && (at === path || path.startsWith(at === "/" ? at : `${at}/`));
    if (isAbove && type !== "" && at.length >= best.at.length)
      best = { at, type };
  }
  return best.type;
}

/** Blanks and the like are written in octal. */
const unescaped = (field: string): string =>
  field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
