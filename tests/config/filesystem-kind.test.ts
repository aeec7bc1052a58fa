import { describe, expect, test } from "bun:test";
import {
  filesystemKind,
  type FilesystemProbe,
  systemProbe,
} from "../../flow-balancer/config/filesystem-kind.ts";

const FUSE = 0x65735546;

const on = (
  magic: number,
  mounts = "",
  platform = "linux",
): FilesystemProbe => ({ platform, magic: () => magic, mounts: () => mounts });

/** A line of /proc/self/mountinfo. */
const mount = (at: string, type: string): string =>
  `36 35 98:0 /mnt1 ${at} rw,noatime master:1 shared:7 - ${type} source rw`;

describe("the kind of a file system", () => {
  test.each([
    [0x6969, "NFS"],
    [0x517b, "SMB"],
    [0xff534d42, "CIFS"],
    [0xfe534d42, "SMB 2"],
    [0x01021997, "9p"],
    [0x5346414f, "AFS"],
    [0x00c36400, "Ceph"],
    [0x0bd00bd0, "Lustre"],
  ])("%d is a network's: %s", (magic, name) => {
    expect(filesystemKind("/x", on(magic))).toEqual({ type: "network", name });
  });

  test("is known where the number came as a signed word", () => {
    expect(filesystemKind("/x", on(0xff534d42 | 0)).type).toBe("network");
  });

  test.each([0xef53, 0x01021994, 0x794c7630, 0x9123683e, 0x58465342, 0x12345])(
    "%d is local",
    (magic) => {
      expect(filesystemKind("/x", on(magic))).toEqual({ type: "local" });
    },
  );

  test("of this very folder is one that is used", () => {
    expect(filesystemKind(import.meta.dir, systemProbe).type).not.toBe(
      "network",
    );
  });

  test("is not guessed where the numbers mean other things", () => {
    expect(filesystemKind("/x", on(0x6969, "", "darwin")).type).toBe("local");
  });

  test.each([
    ["fuse.sshfs", { type: "network", name: "fuse.sshfs" }],
    ["fuse.s3fs", { type: "network", name: "fuse.s3fs" }],
    ["fuseblk", { type: "local" }],
    ["fuse.mergerfs", { type: "unclear", name: "fuse.mergerfs" }],
    ["virtiofs", { type: "unclear", name: "virtiofs" }],
  ] as const)("served by a program as %s", (type, kind) => {
    const mounts = [mount("/", "ext4"), mount("/home/a", type)].join("\n");
    expect(filesystemKind("/home/a/state", on(FUSE, mounts))).toEqual(kind);
  });

  test("is that of the deepest mount above, and of the last at one place", () => {
    const mounts = [
      mount("/home/a/deep", "fuse.sshfs"),
      mount("/home/a", "fuse.rclone"),
      mount("/home/a", "fuse.bindfs"),
      mount("/home/ab", "fuse.s3fs"),
      mount("/", "ext4"),
      "nonsense",
      "",
    ].join("\n");
    expect(filesystemKind("/home/a/x", on(FUSE, mounts))).toEqual({
      type: "unclear",
      name: "fuse.bindfs",
    });
  });

  test("is found at a mount point with a blank in its name", () => {
    expect(
      filesystemKind(
        "/my disk/x",
        on(FUSE, mount(String.raw`/my\040disk`, "fuse.sshfs")),
      ).type,
    ).toBe("network");
  });

  test("served by a program that no line names is unclear", () => {
    expect(filesystemKind("/x", on(FUSE))).toEqual({
      type: "unclear",
      name: "FUSE",
    });
  });
});
