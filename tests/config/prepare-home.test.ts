import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { prepareHome } from "../../flow-balancer/config/prepare-home.ts";
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
