import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { checkHome } from "../../flow-balancer/commands/doctor/home.ts";
import {
  type HomeProbe,
  prepareHome,
  refuseFullHome,
} from "../../flow-balancer/config/prepare-home.ts";
import { ConfigDesk, refusal } from "./config-desk.ts";

let desk: ConfigDesk;
beforeEach(() => {
  desk = new ConfigDesk();
});
afterEach(() => desk[Symbol.dispose]());

describe("the home directory", () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test("is made private, with the folders above it, and is found again", () => {
    const path = join(desk.folder, "a/b");
    prepareHome({ home: path });
    expect(mode(path)).toBe("700");
    prepareHome({ home: path });
  });

  test("is refused if others may write to it, with the command that mends it", () => {
    const path = join(desk.folder, "open");
    mkdirSync(path);
    chmodSync(path, 0o770);
    const error = refusal(() => prepareHome({ home: path }));
    expect(error.code).toBe("UNSAFE_PERMISSIONS");
    expect(error.message).toBe(
      `the home directory ${path} can be written by others (mode 770)`,
    );
    expect(error.hint).toBe(`chmod 700 '${path}'`);
    chmodSync(path, 0o700);
    prepareHome({ home: path });
  });

  test("is refused if it is a link, even to a private directory", () => {
    const path = join(desk.folder, "link");
    symlinkSync(desk.home, path);
    const error = refusal(() => prepareHome({ home: path }));
    expect(error.code).toBe("UNSAFE_PERMISSIONS");
    expect(error.message).toContain("is a symbolic link");
  });

  test("is refused if it is a file, or lies in one", () => {
    const path = desk.write("file", "");
    expect(refusal(() => prepareHome({ home: path })).message).toContain(
      "is not a directory",
    );
    const inside = join(path, "home");
    expect(refusal(() => prepareHome({ home: inside })).code).toBe(
      "UNSAFE_PERMISSIONS",
    );
  });

  test("is refused if it is another user's", () => {
    // Only root can give a directory away; for everybody else there is one of root's.
    const root = process.getuid?.() === 0;
    const path = root ? join(desk.folder, "theirs") : "/usr";
    if (root) {
      mkdirSync(path, { mode: 0o700 });
      chownSync(path, 12_345, 12_345);
    }
    const error = refusal(() => prepareHome({ home: path }));
    expect(error.code).toBe("UNSAFE_PERMISSIONS");
    expect(error.message).toContain("belongs to the user with id");
  });
});

const EXT4 = 0xef53;
const NFS = 0x6969;
const FUSE = 0x65735546;
const KIB = 1_024;

/** A good system, but for what is said. */
const system = (more: Partial<HomeProbe>): HomeProbe => ({
  platform: "linux",
  magic: () => EXT4,
  mounts: () => "",
  writeRefusal: () => null,
  freeBytes: () => 1e12,
  ...more,
});

describe("what the home directory lies on", () => {
  const home = () => join(desk.folder, "state/home");
  const LOCAL =
    "Set FLOW_BALANCER_HOME to a directory of your own on a local disk.";

  test("a network file system is refused before anything is made there, and by doctor in the same words", () => {
    const probe = system({ magic: () => NFS });
    const error = refusal(() => prepareHome({ home: home() }, probe));
    expect(error.code).toBe("INVALID_CONFIG");
    expect(error.message).toBe(
      `the home directory ${home()} lies on NFS, a network file system: SQLite needs memory and locks that only one machine shares`,
    );
    expect(error.hint).toBe(LOCAL);
    expect(existsSync(join(desk.folder, "state"))).toBe(false);
    const found = checkHome(home(), probe);
    expect(`the home directory ${found.message}`).toBe(error.message);
    expect([found.mark, found.fix]).toEqual(["fail", LOCAL]);
  });

  test("one that is there already is refused there too", () => {
    mkdirSync(home(), { recursive: true, mode: 0o700 });
    const probe = system({ magic: () => NFS });
    expect(refusal(() => prepareHome({ home: home() }, probe)).code).toBe(
      "INVALID_CONFIG",
    );
  });

  test("one that a program serves is used, with a warning", () => {
    const probe = system({ magic: () => FUSE });
    const warnings = prepareHome({ home: home() }, probe);
    expect(warnings).toEqual([
      `the home directory ${home()} lies on a file system that a program serves (FUSE): whether it keeps what SQLite writes cannot be told. ${LOCAL}`,
    ]);
    expect(checkHome(home(), probe)).toMatchObject({ mark: "warn" });
    expect(prepareHome({ home: home() }, system({}))).toEqual([]);
  });

  test.each([false, true])(
    "a read-only mount is refused (there already: %p)",
    (isThere) => {
      if (isThere) mkdirSync(home(), { recursive: true, mode: 0o700 });
      const probe = system({ writeRefusal: () => "EROFS" });
      const error = refusal(() => prepareHome({ home: home() }, probe));
      expect(error.code).toBe("STORAGE_FAILED");
      expect(error.message).toBe(
        `the home directory ${home()} lies on a file system that is mounted read-only`,
      );
    },
  );

  test("one without permission is refused, with the command that mends it", () => {
    mkdirSync(home(), { recursive: true });
    chmodSync(home(), 0o500);
    // Root may write there all the same.
    const probe =
      process.getuid?.() === 0
        ? system({ writeRefusal: () => "EACCES" })
        : undefined;
    const error = refusal(() => prepareHome({ home: home() }, probe));
    expect(error.code).toBe("UNSAFE_PERMISSIONS");
    expect(error.message).toBe(
      `the home directory ${home()} is not writable (mode 500, EACCES)`,
    );
    expect(error.hint).toBe(`chmod 700 '${home()}'`);
  });

  test("one that cannot be made says which folder is in the way", () => {
    const probe = system({ writeRefusal: () => "EACCES" });
    const error = refusal(() => prepareHome({ home: home() }, probe));
    expect(error.code).toBe("STORAGE_FAILED");
    expect(error.message).toBe(
      `the home directory ${home()} cannot be made: ${desk.folder} is not writable (EACCES)`,
    );
  });
});

describe("a home directory on a full disk", () => {
  test("is refused if there is nothing to free", () => {
    const probe = system({ freeBytes: () => 20 * KIB });
    const error = refusal(() => prepareHome({ home: desk.home }, probe));
    expect(error.code).toBe("STORAGE_FULL");
    expect(error.message).toBe(
      `the home directory ${desk.home} lies on a full disk (20 KiB free)`,
    );
    expect(error.hint).toStartWith("Free some space");
  });

  test("is used with what was held back, and says so", () => {
    chmodSync(desk.home, 0o700);
    const reserve = join(desk.home, "reserve");
    writeFileSync(reserve, "x");
    const freeBytes = () => (existsSync(reserve) ? 0 : 4_096 * KIB);
    const warnings = prepareHome({ home: desk.home }, system({ freeBytes }));
    expect(warnings).toEqual([
      `the home directory ${desk.home} lies on a full disk (0 KiB free); what was held back for this was freed. Free some space, or set FLOW_BALANCER_HOME to another disk.`,
    ]);
  });

  test("is refused if that was not enough", () => {
    writeFileSync(join(desk.home, "reserve"), "x");
    const probe = system({ freeBytes: () => 0 });
    expect(refusal(() => prepareHome({ home: desk.home }, probe)).code).toBe(
      "STORAGE_FULL",
    );
  });
});

test("what may as well wait is refused on a full disk, and what is held back stays", () => {
  const reserve = join(desk.home, "reserve");
  writeFileSync(reserve, "x");
  const free = (freeBytes: number) => system({ freeBytes: () => freeBytes });
  refuseFullHome(desk.home, free(1_024 * KIB));
  const error = refusal(() => refuseFullHome(desk.home, free(20 * KIB)));
  expect([error.code, error.message]).toEqual([
    "STORAGE_FULL",
    `the home directory ${desk.home} lies on a full disk (20 KiB free)`,
  ]);
  expect(existsSync(reserve)).toBe(true);
  refuseFullHome(join(desk.home, "not there"), free(0));
});
