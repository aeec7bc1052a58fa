/** Where the time of a CPU profile went: self time by function, and by whose code it is. Pure. */

/** The parts of the DevTools format (`Profiler.Profile`) that are read. Times are us. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      /** Empty for native code. */
      readonly url: string;
    };
  }[];
  readonly samples: readonly number[];
  /** Since the sample before. */
  readonly timeDeltas: readonly number[];
}

export const OWNERS = [
  "ours",
  "the bench",
  "packages",
  "Bun: modules",
  "Bun: native",
  "GC",
  "outside JavaScript",
] as const;
export type Owner = (typeof OWNERS)[number];

export interface FunctionTime {
  readonly name: string;
  /** From the repository; empty for native code. */
  readonly file: string;
  readonly owner: Owner;
  readonly ms: number;
}

export interface ProfileSummary {
  readonly totalMs: number;
  readonly samples: number;
  /** ms by owner, together `totalMs`. */
  readonly owners: ReadonlyMap<Owner, number>;
  /** The longest first. */
  readonly functions: readonly FunctionTime[];
}

/**
 * Bun samples only while JavaScript runs: what is between two samples beyond this was the event loop's own
 * (waiting, reading the channel, decoding messages) or another process's.
 */
const MAX_SAMPLE_US = 1_000;

export function summariseProfile(
  { nodes, samples, timeDeltas }: CpuProfile,
  repository: string,
): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, FunctionTime>();
  const owners = new Map<Owner, number>(OWNERS.map((owner) => [owner, 0]));
  const add = (owner: Owner, ms: number): void => {
    owners.set(owner, (owners.get(owner) ?? 0) + ms);
  };
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    const ms = Math.min(delta, MAX_SAMPLE_US) / 1_000;
    add("outside JavaScript", delta / 1_000 - ms);
    const { functionName: name = "", url = "" } = frames.get(id) ?? {};
    const file = fileOf(url, repository);
    const owner = ownerOf(name, file);
    add(owner, ms);
    const key = `${name} ${file}`;
    const before = functions.get(key)?.ms ?? 0;
    functions.set(key, { name, file, owner, ms: before + ms });
  }
  return {
    totalMs: timeDeltas.reduce((sum, delta) => sum + delta, 0) / 1_000,
    samples: samples.length,
    owners,
    functions: [...functions.values()].sort((a, b) => b.ms - a.ms),
  };
}

/** Nothing in it says where on whose machine the repository lies. */
function fileOf(url: string, repository: string): string {
  const path = url.replace(/^file:\/\//, "");
  const packages = path.lastIndexOf("/node_modules/");
  if (packages >= 0) return path.slice(packages + 1);
  return path.startsWith(`${repository}/`)
    ? path.slice(repository.length + 1)
    : path;
}

function ownerOf(name: string, file: string): Owner {
  if (name === "(garbage collector)") return "GC";
  if (name === "(idle)" || name === "(program)") return "outside JavaScript";
  if (file.startsWith("flow-balancer/") || file.startsWith("orchestrator/"))
    return "ours";
  if (file.startsWith("benchmarks/")) return "the bench";
  if (file.startsWith("node_modules/")) return "packages";
  return file === "" ? "Bun: native" : "Bun: modules";
}

export interface Pauses {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** From what JavaScriptCore writes with BUN_JSC_logGC=1: each stop of the program for the collector says `p=...ms`. */
export function gcPauses(log: string): Pauses {
  const pauses = [...log.matchAll(/ p=([\d.]+)ms/g)].map(([, ms]) =>
    Number(ms),
  );
  return {
    count: pauses.length,
    totalMs: pauses.reduce((sum, ms) => sum + ms, 0),
    longestMs: Math.max(0, ...pauses),
  };
}
