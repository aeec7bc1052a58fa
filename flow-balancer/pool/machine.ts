/**
 * What the machine, or the container this runs in, has and how hard it is pressed. The readers ask
 * nothing of the event loop that takes long: a process's memory is measured by the kernel (0.4 ms
 * for a worker of 36 MiB, 17 ms for one of 1 GiB) while a thread of the runtime waits for it.
 */

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism, loadavg, totalmem } from "node:os";
import { dirname, join } from "node:path";

export interface Machine {
  readonly cores: number;
  /** Of the machine or, if that is less, of the control group; MiB. */
  readonly memoryMb: number;
  /** Share of the last ten seconds in which somebody waited for a processor, percent; null: cannot be told. */
  cpuPressure(): Promise<number | null>;
  /** A process's share of memory, MiB: what is shared counts once over all who share it. Null: cannot be told. */
  memoryOf(pid: number): Promise<number | null>;
}

const MIB = 1_048_576;
const CGROUPS = "/sys/fs/cgroup";

/** Of /proc/pressure/cpu and a cgroup's cpu.pressure: "some avg10", percent. */
export function readPressure(text: string): number | null {
  const share = /^some avg10=(\d+(?:\.\d+)?)/m.exec(text)?.[1];
  return share === undefined ? null : Number(share);
}

/** Where there is no pressure file: the share of those ready to run, over the last minute, that had no processor. */
export const pressureByLoad = (load: number, cores: number): number | null =>
  load <= 0 ? null : Math.max(0, 1 - cores / load) * 100;

/** Of /proc/<pid>/smaps_rollup: Pss, MiB. */
export function readPss(text: string): number | null {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) / 1_024;
}

/** From /proc/self/cgroup: the directories of the group and all above it, innermost first. */
export function cgroupFolders(
  text: string,
  controller: "" | "memory",
): string[] {
  const line = text
    .split("\n")
    .map((it) => it.split(":"))
    .find(([, names = ""]) => names.split(",").includes(controller));
  if (line === undefined) return [];
  const root = join(CGROUPS, controller);
  const folders: string[] = [];
  for (let at = line.slice(2).join(":"); at !== "/"; at = dirname(at)) {
    if (!at.startsWith("/")) break;
    folders.push(join(root, at));
  }
  return [...folders, root];
}

/** The smallest of the limits that are numbers, MiB; Infinity without one. */
export function smallestLimit(texts: readonly string[]): number {
  const limits = texts
    .map((text) => text.trim())
    .filter((text) => /^\d+$/.test(text))
    .map((text) => Number(text) / MIB);
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** In bytes, MiB out. */
function memoryLimitMb(): number {
  const groups = textOf("/proc/self/cgroup");
  const limit = smallestLimit([
    ...cgroupFolders(groups, "").map((it) => textOf(join(it, "memory.max"))),
    ...cgroupFolders(groups, "memory").map((it) =>
      textOf(join(it, "memory.limit_in_bytes")),
    ),
  ]);
  return Math.min(totalmem() / MIB, limit);
}

async function read<T>(
  path: string,
  parse: (text: string) => T | null,
): Promise<T | null> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

export function thisMachine(): Machine {
  const cores = availableParallelism();
  const [group = CGROUPS] = cgroupFolders(textOf("/proc/self/cgroup"), "");
  return {
    cores,
    memoryMb: memoryLimitMb(),
    cpuPressure: async () =>
      (await read(join(group, "cpu.pressure"), readPressure)) ??
      (await read("/proc/pressure/cpu", readPressure)) ??
      pressureByLoad(loadavg()[0] ?? 0, cores),
    memoryOf: (pid) => read(`/proc/${pid}/smaps_rollup`, readPss),
  };
}
