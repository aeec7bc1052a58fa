import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskReserve } from "../../flow-balancer/config/disk-reserve.ts";

const MIB = 1_048_576;
const plenty = () => 1_000 * MIB;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "reserve-"));
});
afterEach(() => rmSync(home, { recursive: true }));

describe("the reserve", () => {
  test("takes four MiB of the disk, in bytes that do not compress, for its owner alone", () => {
    const reserve = new DiskReserve(home, plenty);
    expect(reserve.keep()).toBe(true);
    const stats = statSync(join(home, "reserve"));
    expect(stats.size).toBe(4 * MIB);
    expect(stats.blocks * 512).toBeGreaterThanOrEqual(4 * MIB);
    expect((stats.mode & 0o777).toString(8)).toBe("600");
    const bytes = readFileSync(join(home, "reserve"));
    expect(Bun.zstdCompressSync(bytes).length).toBeGreaterThan(3.9 * MIB);
    expect(readdirSync(home)).toEqual(["reserve"]);
  });

  test("is made once, and whole again if it was cut short", () => {
    const reserve = new DiskReserve(home, plenty);
    reserve.keep();
    const made = statSync(join(home, "reserve")).ino;
    reserve.keep();
    expect(statSync(join(home, "reserve")).ino).toBe(made);
    writeFileSync(join(home, "reserve"), "short");
    expect(reserve.keep()).toBe(true);
    expect(statSync(join(home, "reserve")).size).toBe(4 * MIB);
  });

  test("is freed once, by whoever is first, and everybody who asked knows it is spent", () => {
    const [one, other] = [
      new DiskReserve(home, plenty),
      new DiskReserve(home, plenty),
    ];
    one.keep();
    expect([one.isSpent, other.isSpent]).toEqual([false, false]);
    expect([one.free(), other.free(), one.free()]).toEqual([
      true,
      false,
      false,
    ]);
    expect([one.isSpent, other.isSpent]).toEqual([true, true]);
    expect(existsSync(join(home, "reserve"))).toBe(false);
  });

  test("comes back only once there is room again", () => {
    let free = 20 * MIB;
    const reserve = new DiskReserve(home, () => free);
    reserve.free();
    expect(reserve.keep()).toBe(false);
    expect(reserve.isSpent).toBe(true);
    expect(readdirSync(home)).toEqual([]);
    free = 100 * MIB;
    expect(reserve.keep()).toBe(true);
    expect(reserve.isSpent).toBe(false);
  });

  test("follows no link that lies in its way, and throws nothing where it cannot be made", () => {
    const target = join(home, "target");
    writeFileSync(target, "mine");
    symlinkSync(target, join(home, "reserve"));
    symlinkSync(target, join(home, "reserve.new"));
    expect(new DiskReserve(home, plenty).keep()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(new DiskReserve(join(home, "gone"), plenty).keep()).toBe(false);
    expect(new DiskReserve(join(home, "gone")).keep()).toBe(false);
  });

  test("throws nothing where something that cannot be removed is in its way", () => {
    mkdirSync(join(home, "reserve.new"));
    expect(new DiskReserve(home, plenty).keep()).toBe(false);
    const unreadable = new DiskReserve(home, () => {
      throw new Error("EIO: i/o error, statfs");
    });
    expect(unreadable.keep()).toBe(false);
  });
});
