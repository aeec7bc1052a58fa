/**
 * Large payloads there and back, one at a time: an object with a text of 1 KiB to 16 MiB through our
 * pool, and over raw IPC in every form there is. `plain` is what a pool does that thinks of nothing:
 * the object as it is, by Bun's default serialization.
 */

import { join } from "node:path";
import { type Contender, Contest, type Pace, type Sample } from "./contest.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";
import type { RunOptions, Suite } from "./suite.ts";

const KIB = 1_024;
const MIB = 1_048_576;
const SIZES = [
  { name: "1 KiB", chars: KIB },
  { name: "16 KiB", chars: 16 * KIB },
  { name: "64 KiB", chars: 64 * KIB },
  { name: "256 KiB", chars: 256 * KIB },
  { name: "1 MiB", chars: MIB, maxRatio: 0.35 },
  { name: "16 MiB", chars: 16 * MIB, maxRatio: 0.2 },
] as const;

const PACE: { full: Pace; quick: Pace } = {
  full: { rounds: 5, blockMs: 160, warmUpMs: 160 },
  quick: { rounds: 1, blockMs: 1, warmUpMs: 1 },
};
/** A round trip takes tens of ms there. */
const LONG_BLOCKS: Pace = { rounds: 5, blockMs: 600, warmUpMs: 400 };

const PLAIN = "plain IPC (object, advanced)";
const OURS = "flow-balancer";
/** What the pool does itself: a server has the text already, and passes on what comes back. */
const OURS_TEXT = "flow-balancer, JSON text passed on";

/** The same pool and the same work, without its lanes of shared memory. */
const OURS_INLINE = "flow-balancer, JSON text passed on, over plain IPC";

/** A text there and back, and nothing else: by the channel, and by the lanes. */
const TEXT = "text passed on, advanced";
const LANES = "text passed on, by the lanes alone";

const CONTENDERS: readonly Contender[] = [
  raw(PLAIN, { form: "object", serialization: "advanced" }),
  raw("JSON text, advanced", { form: "string", serialization: "advanced" }),
  raw("Uint8Array, advanced", { form: "bytes", serialization: "advanced" }),
  raw("object, json", { form: "object", serialization: "json" }),
  raw("JSON text, json", { form: "string", serialization: "json" }),
  raw(TEXT, { form: "text", serialization: "advanced" }),
  {
    name: LANES,
    command: [process.execPath, join(import.meta.dir, "floors/lanes.ts")],
    options: { workers: 1 },
    isNeeded: true,
  },
  ours(OURS, {}),
  ours(OURS_TEXT, { form: "text" }),
  ours(OURS_INLINE, { form: "text", lanes: "off" }),
];

function raw(
  name: string,
  options: Readonly<Record<string, string>>,
): Contender {
  return {
    name,
    command: [process.execPath, join(import.meta.dir, "floors/raw-ipc.ts")],
    options: { workers: 1, ...options },
    isNeeded: true,
  };
}

function ours(
  name: string,
  options: Readonly<Record<string, string>>,
): Contender {
  return {
    name,
    command: [
      process.execPath,
      join(import.meta.dir, "peers/flow-balancer.ts"),
    ],
    options: { workers: 1, inFlight: 1, ...options },
    isNeeded: true,
  };
}

export const payload: Suite = {
  name: "payload",
  measures: "round trips of 1 KiB to 16 MiB, against raw IPC in its forms",
  run: measurePayload,
};

async function measurePayload({ quick, say }: RunOptions): Promise<Findings> {
  await using contest = new Contest();
  for (const contender of CONTENDERS) await contest.enter(contender);
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  for (const size of SIZES) {
    say(size.name);
    const samples = await contest.measure(
      { inFlight: 1, chars: size.chars },
      quick ? PACE.quick : size.chars > MIB ? LONG_BLOCKS : PACE.full,
    );
    const made = casesOf(samples, size.name);
    cases.push(...made.values());
    if ("maxRatio" in size)
      for (const [name, against] of [
        [LANES, TEXT],
        [OURS_TEXT, OURS_INLINE],
        [OURS_TEXT, PLAIN],
        [OURS, PLAIN],
      ] as const)
        targets.push({
          name: `${name}, against ${against}, ${size.name}`,
          measured:
            (made.get(name)?.p50 ?? Number.NaN) /
            (made.get(against)?.p50 ?? Number.NaN),
          limit: size.maxRatio,
          unit: "times",
        });
  }
  return {
    cases,
    targets,
    notes: [
      "flow-balancer and JSON text include writing and parsing JSON on the caller's side; text passed on and bytes are sent as they lie there; in a worker of ours JSON is parsed, checked and written in both",
      "a Uint8Array is no case with json serialization, which makes an object of it with a key a byte",
    ],
  };
}

/** By the contender's name. */
function casesOf(
  samples: readonly Sample[],
  size: string,
): Map<string, BenchCase> {
  const cases = new Map<string, BenchCase>();
  for (const { contender, latencies } of samples)
    cases.set(
      contender.name,
      benchCase(
        `${contender.name}, ${size}`,
        "us",
        latencies,
        cases.get(PLAIN),
      ),
    );
  return cases;
}
