import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { instanceId } from "../../flow-balancer/core/ids.ts";
import { InstanceLocks } from "../../flow-balancer/store/instance-locks.ts";

let folder: string;
let home: string;
beforeEach(() => {
  home = folder = mkdtempSync(join(tmpdir(), "instance-locks-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ID = instanceId("one");
const refusal = (): BalancerError => {
  try {
    new InstanceLocks(home).hold(ID);
  } catch (thrown) {
    if (thrown instanceof BalancerError) return thrown;
    throw thrown;
  }
  throw new Error("it was not refused");
};

test.each([
  ["a file", (path: string) => writeFileSync(path, "mine")],
  ["a link", (path: string) => symlinkSync(home, path)],
  ["a link to nowhere", (path: string) => symlinkSync("nowhere", path)],
])(
  "%s in the place of the directory of locks is refused, with what to do, and left as it is",
  (_, put) => {
    const path = join(home, "instances");
    put(path);
    const { ino } = lstatSync(path);
    expect(refusal()).toMatchObject({
      code: "UNSAFE_PERMISSIONS",
      message: `${path}, where running servers keep their locks, is not a directory`,
      hint: "Remove it, or move it away; it is made again.",
    });
    expect(readdirSync(home)).toEqual(["instances"]);
    expect(lstatSync(path).ino).toBe(ino);
    rmSync(path);
    const locks = new InstanceLocks(home);
    locks.hold(ID);
    expect(locks.probe(ID)).toBe("held");
    locks.release(ID);
  },
);

test("a directory of locks that cannot be made is said to be so", () => {
  const file = join(home, "file");
  writeFileSync(file, "");
  home = join(file, "home");
  expect(refusal()).toMatchObject({
    code: "STORAGE_FAILED",
    message: expect.stringContaining(`${join(home, "instances")} cannot be`),
    hint: expect.any(String),
  });
});
