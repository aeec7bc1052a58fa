/** Where tasks are kept: SQLite with a write-ahead log works there, and there is room. */

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { nearestFolder } from "../../config/nearest-folder.ts";

const MIB = 1_048_576;
/** Below the first a start is likely to end in a full disk, below the second a busy day is. */
const DISK_FAIL_MIB = 64;
const DISK_WARN_MIB = 1_024;
/** Health pages of all the workers there may be need less than a tenth of it. */
const SHARED_MEMORY_MIB = 16;

/** On the home's own file system: network file systems often have no working shared memory. */
export function checkSqlite(home: string): Finding {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(nearestFolder(home), ".flow-balancer-doctor-"));
    const database = new Database(join(folder, "probe.db"));
    const mode = database
      .query<{ journal_mode: string }, []>("PRAGMA journal_mode = WAL")
      .get()?.journal_mode;
    database.run("CREATE TABLE probe (n INTEGER)");
    database.run("INSERT INTO probe VALUES (1)");
    database.close();
    return mode === "wal"
      ? ok("sqlite", "opens in WAL mode")
      : fail("sqlite", `WAL mode is refused (${mode})`, LOCAL_DISK);
  } catch (error) {
    return fail("sqlite", (error as Error).message, LOCAL_DISK);
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

const LOCAL_DISK =
  "Set FLOW_BALANCER_HOME to a directory of your own on a local disk.";

export function checkDisk(home: string): Finding {
  const free = freeMib(nearestFolder(home));
  const message = `${free} MiB free at ${nearestFolder(home)}`;
  const fix = "Free some space, or set FLOW_BALANCER_HOME to another disk.";
  if (free < DISK_FAIL_MIB) return fail("disk", message, fix);
  return free < DISK_WARN_MIB
    ? warn("disk", message, fix)
    : ok("disk", message);
}

export function checkSharedMemory(): Finding {
  if (process.platform !== "linux")
    return ok("shared memory", "not used on this platform");
  try {
    const free = freeMib("/dev/shm");
    return free >= SHARED_MEMORY_MIB
      ? ok("shared memory", `${free} MiB free at /dev/shm`)
      : warn(
          "shared memory",
          `only ${free} MiB free at /dev/shm`,
          "Give the container more: docker run --shm-size=64m",
        );
  } catch (error) {
    return warn(
      "shared memory",
      `/dev/shm: ${(error as Error).message}`,
      "Mount a tmpfs at /dev/shm.",
    );
  }
}

function freeMib(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return Math.floor((bavail * bsize) / MIB);
}
