/**
 * How long a client waits after it started a server: to the answered tools/list, and to the first
 * task's result. From before the spawn to the line that answers; a fresh process each time.
 */

import { join } from "node:path";
import { build } from "../flow-balancer/commands/build.ts";
import { interleave } from "./interleave.ts";
import type { Era } from "./mcp-messages.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import {
  BARE,
  BARE_V1,
  echoOnce,
  OURS,
  type ServerUnderTest,
  startServer,
} from "./servers.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

const RUNS = { full: 40, quick: 1 };
/** The first runs read the disk. */
const WARM_UP = { full: 3, quick: 0 };
const MAX_RATIO_FROM_SOURCE = 1.3;
const MAX_BUNDLED_MS = 60;

type Form = "from source" | "bundled";
type What = "tools/list" | "first task";

interface Candidate {
  readonly server: ServerUnderTest;
  readonly form: Form;
  readonly era: Era;
  readonly what: What;
  readonly sample: number[];
}

const nameOf = ({ server, form, era, what }: Candidate): string =>
  `${server.name}, ${form}, ${what}, ${era}`;

export const startup: Suite = {
  name: "startup",
  measures: "spawn to the answered tools/list, and to the first task's result",
  run: measureStartup,
};

async function measureStartup({ quick, say }: RunOptions): Promise<Findings> {
  using project = new TemporaryProject();
  say("bundling");
  const { ours, bare } = await bundles(join(project.folder, "bundled"));
  const candidates = [
    ...candidatesOf(BARE, "from source", "tools/list"),
    ...candidatesOf(BARE_V1, "from source", "tools/list"),
    ...candidatesOf(OURS, "from source", "tools/list"),
    ...candidatesOf(bare, "bundled", "tools/list"),
    ...candidatesOf(ours, "bundled", "tools/list"),
    ...candidatesOf(OURS, "from source", "first task"),
    ...candidatesOf(ours, "bundled", "first task"),
  ];
  const size = quick ? "quick" : "full";
  const rounds = WARM_UP[size] + RUNS[size];
  await interleave(candidates, rounds, async (candidate, round) => {
    const ms = await timeOf(candidate, project);
    if (round >= WARM_UP[size]) candidate.sample.push(ms);
    if (candidate === candidates[0]) say(`round ${round + 1} of ${rounds}`);
  });
  return findings(candidates);
}

const candidatesOf = (
  server: ServerUnderTest,
  form: Form,
  what: What,
): Candidate[] =>
  server.eras.map((era) => ({ server, form, era, what, sample: [] }));

async function bundles(
  folder: string,
): Promise<{ ours: ServerUnderTest; bare: ServerUnderTest }> {
  await build(join(folder, "ours"));
  await Bun.build({
    entrypoints: [BARE.file],
    outdir: join(folder, "bare"),
    target: "bun",
    format: "cjs",
    bytecode: true,
    minify: { syntax: true, whitespace: true },
  });
  return {
    ours: { ...OURS, file: join(folder, "ours/server.js") },
    bare: { ...BARE, file: join(folder, "bare/bare-stdio-server.js") },
  };
}

async function timeOf(
  { server, era, what }: Candidate,
  project: TemporaryProject,
): Promise<number> {
  const startedAt = performance.now();
  const peer = startServer(server, era, project);
  try {
    await peer.open();
    if (what === "tools/list") {
      const { result } = await peer.request("tools/list");
      const ms = performance.now() - startedAt;
      const tools = result?.["tools"] as { name: string }[] | undefined;
      if (tools?.some(({ name }) => name === server.echo.tool) !== true)
        throw new Error(`${server.file} does not list ${server.echo.tool}`);
      return ms;
    }
    await echoOnce(peer, server.echo, { serial: 1, text: "first" });
    return performance.now() - startedAt;
  } finally {
    await peer.close();
  }
}

function findings(candidates: readonly Candidate[]): Findings {
  const floors = new Map<string, BenchCase>();
  const cases = candidates.map((candidate) => {
    const { server, form, era, what, sample } = candidate;
    const floor =
      what === "tools/list" ? floors.get(`${form} ${era}`) : undefined;
    const made = benchCase(nameOf(candidate), "ms", sample, floor);
    if (server.echo === BARE.echo && floor === undefined)
      floors.set(`${form} ${era}`, made);
    return made;
  });
  const ofOurs = (form: Form): BenchCase[] =>
    cases.filter((_, index) => {
      const it = candidates[index];
      return (
        it?.server.echo === OURS.echo &&
        it.form === form &&
        it.what === "tools/list"
      );
    });
  return {
    cases,
    targets: [
      ...ofOurs("from source").map(({ name, ratio = Number.NaN }) => ({
        name: `${name}, against the bare SDK`,
        limit: MAX_RATIO_FROM_SOURCE,
        measured: ratio,
        unit: "times",
      })),
      ...ofOurs("bundled").map(({ name, p50 }) => ({
        name: `${name}, p50`,
        limit: MAX_BUNDLED_MS,
        measured: p50,
        unit: "ms",
      })),
    ],
  };
}
