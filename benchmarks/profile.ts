/**
 * `profile [pool|payload]`: runs the echo workload on our pool under Bun's CPU profiler, the server's side
 * and one worker's, and writes the profiles (`.cpuprofile` for DevTools, `.md` for people) and a page
 * that says where the time goes to profiles/. Exit codes: 0 written, 2 usage.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Block } from "./closed-loop.ts";
import { ContenderProcess } from "./contender-process.ts";
import { thisCommit, thisMachine } from "./machine.ts";
import { MANY_IN_FLIGHT } from "./own-pool.ts";
import { profilePage } from "./profile-page.ts";
import {
  type CpuProfile,
  gcPauses,
  summariseProfile,
} from "./profile-summary.ts";
import { benchCase } from "./report.ts";

const USAGE = 2;
const REPOSITORY = join(import.meta.dir, "..");
const PROFILES = join(import.meta.dir, "profiles");
const SERVER = join(import.meta.dir, "peers/flow-balancer.ts");

/** Finer than Bun's default of 1 ms: a call takes some us. */
const INTERVAL_US = 200;
const WARM_UP_MS = 1_000;
const MEASURED_MS = 6_000;
/** Both sides write their profiles when they end. */
const WRITING_MS = 20_000;

const WORKLOADS = {
  pool: {
    inFlight: 64,
    chars: 20,
    said: "The echo task, 64 in flight, one worker, a small object there and back",
  },
  payload: {
    inFlight: 1,
    chars: 1_048_576,
    said: "The echo task, one in flight, one worker, an object with a text of 1 MiB there and back",
  },
} as const;
type WorkloadName = keyof typeof WORKLOADS;

const flags = (name: string): string[] => [
  "--cpu-prof",
  "--cpu-prof-md",
  `--cpu-prof-interval=${INTERVAL_US}`,
  `--cpu-prof-dir=${PROFILES}`,
  `--cpu-prof-name=${name}`,
];

async function profiled(name: WorkloadName, gcLog: string): Promise<Block> {
  const { inFlight, chars } = WORKLOADS[name];
  const server = await ContenderProcess.start(
    [process.execPath, ...flags(`${name}-server`), SERVER],
    {
      workers: 1,
      inFlight: MANY_IN_FLIGHT,
      workerBunOptions: flags(`${name}-worker`).join(" "),
    },
    { stderr: Bun.file(gcLog), env: { ...process.env, BUN_JSC_logGC: "1" } },
  );
  try {
    await server.block({ inFlight, chars, ms: WARM_UP_MS });
    return await server.block({ inFlight, chars, ms: MEASURED_MS });
  } finally {
    await server.close(WRITING_MS);
  }
}

async function profile(name: WorkloadName): Promise<string> {
  mkdirSync(PROFILES, { recursive: true });
  const gcLog = join(PROFILES, `${name}-server.gc.log`);
  const { latencies, ms } = await profiled(name, gcLog);
  const side = (of: "server" | "worker") =>
    summariseProfile(
      JSON.parse(
        readFileSync(join(PROFILES, `${name}-${of}.cpuprofile`), "utf8"),
      ) as CpuProfile,
      REPOSITORY,
    );
  const machine = thisMachine();
  const page = profilePage({
    title: name,
    workload: WORKLOADS[name].said,
    where: `${machine.cpu}, ${machine.cores} cores, Bun ${machine.bun}, commit ${thisCommit()}`,
    figures: [
      benchCase("latency", "us", latencies),
      benchCase("throughput", "1/s", [(1_000 * latencies.length) / ms]),
    ],
    sides: [
      {
        title: "The server's side",
        summary: side("server"),
        pauses: gcPauses(readFileSync(gcLog, "utf8")),
      },
      { title: "A worker's side", summary: side("worker"), pauses: null },
    ],
  });
  rmSync(gcLog);
  const path = join(PROFILES, `profile-${name}.md`);
  writeFileSync(path, page);
  return page;
}

async function main([
  name = "pool",
  ...rest
]: readonly string[]): Promise<number> {
  if (rest.length > 0 || !Object.hasOwn(WORKLOADS, name)) {
    process.stderr.write(
      `usage: profile [${Object.keys(WORKLOADS).join("|")}]\n`,
    );
    return USAGE;
  }
  process.stderr.write(`profiling ${name}\n`);
  process.stdout.write(await profile(name as WorkloadName));
  process.stderr.write(`written to benchmarks/profiles/profile-${name}.md\n`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
