import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceId, type InstanceId } from "../../flow-balancer/core/ids.ts";
import { InstanceLocks } from "../../flow-balancer/store/instance-locks.ts";
import {
  holdLock,
  isLockInPlace,
  probeLock,
  releaseLock,
} from "../../flow-balancer/store/lock-file.ts";
import { kill } from "../support/processes.ts";
import { within } from "../support/until.ts";

const folders: string[] = [];
const started: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of started) kill(child.pid);
  await Promise.all(started.splice(0).map(({ exited }) => exited));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lock-file-"));
  folders.push(folder);
  return folder;
}

async function holder(path: string) {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "children/lock-holder.ts"), path],
    { stdout: "pipe", stderr: "inherit" },
  );
  started.push(child);
  await within("lock", child.stdout.getReader().read());
  return child;
}

test("a lock is held while its process lives, suspended too, and free once it is killed", async () => {
  const path = join(newFolder(), "a.lock");
  const child = await holder(path);
  expect(probeLock(path)).toBe("held");
  // Twice: the first probe has taken nothing away.
  expect(probeLock(path)).toBe("held");
  kill(child.pid, "SIGSTOP");
  expect(probeLock(path)).toBe("held");
  kill(child.pid);
  await within("end", child.exited);
  expect(probeLock(path)).toBe("free");
  expect(probeLock(path)).toBe("free");
});

test("what another process holds cannot be taken; what it left can", async () => {
  const path = join(newFolder(), "a.lock");
  const child = await holder(path);
  expect(() => holdLock(path)).toThrow(`another process holds the lock`);
  expect(probeLock(path)).toBe("held");
  kill(child.pid);
  await within("end", child.exited);
  holdLock(path);
  expect(isLockInPlace(path)).toBe(true);
  releaseLock(path, true);
});

test("others find this process's lock after it was probed here and garbage was collected", async () => {
  const path = join(newFolder(), "a.lock");
  holdLock(path);
  expect(probeLock(path)).toBe("held");
  Bun.gc(true);
  const other = Bun.spawn(
    [process.execPath, join(import.meta.dir, "children/lock-holder.ts"), path],
    { stdout: "ignore", stderr: "pipe" },
  );
  started.push(other);
  expect(await new Response(other.stderr).text()).toContain("STORAGE_BUSY");
  releaseLock(path, false);
  expect(probeLock(path)).toBe("free");
});

test("only the file is left behind, for nobody else to read, and release removes it", () => {
  const folder = newFolder();
  const path = join(folder, "a.lock");
  holdLock(path);
  expect(readdirSync(folder)).toEqual(["a.lock"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  releaseLock(path, true);
  releaseLock(path, true);
  expect(readdirSync(folder)).toEqual([]);
});

test("no file is absent, one of another make is free, one in a place that is none is an error", () => {
  const folder = newFolder();
  expect(probeLock(join(folder, "a.lock"))).toBe("absent");
  expect(existsSync(join(folder, "a.lock"))).toBe(false);
  writeFileSync(join(folder, "b.lock"), "no database at all ".repeat(100));
  expect(probeLock(join(folder, "b.lock"))).toBe("free");
  expect(() => holdLock(join(folder, "none", "c.lock"))).toThrow(
    "could not be taken",
  );
});

test("an instance takes its lock again if its file was removed", () => {
  const home = newFolder();
  const locks = new InstanceLocks(home);
  const id = instanceId("a1");
  const path = join(home, "instances", "instance_a1.lock");
  locks.hold(id);
  locks.hold(id);
  unlinkSync(path);
  locks.hold(id);
  expect(existsSync(path)).toBe(true);
  expect(locks.ids()).toEqual([id]);
  expect(statSync(join(home, "instances")).mode & 0o777).toBe(0o700);
  locks.release(id);
  expect(locks.ids()).toEqual([]);
});

test("a name that is no id never becomes a path, and strange files are passed over", () => {
  const home = newFolder();
  const locks = new InstanceLocks(home);
  expect(locks.ids()).toEqual([]);
  for (const bad of [
    "",
    "instance_",
    "instance_../x",
    "../flow",
    "instance_a/b",
    "instance_a\0",
  ])
    for (const door of ["hold", "probe", "remove", "release"] as const)
      expect(() => locks[door](bad as InstanceId)).toThrow(
        "is not the id of an instance",
      );
  expect(readdirSync(home)).toEqual([]);
  locks.hold(instanceId("a1"));
  for (const name of [
    "instance_.lock",
    "x.lock",
    "instance_b",
    "instance_a$(id).lock",
  ])
    writeFileSync(join(home, "instances", name), "");
  expect(locks.ids()).toEqual([instanceId("a1")]);
  locks.release(instanceId("a1"));
});
