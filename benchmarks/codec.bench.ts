/**
 * zstd against gzip, on payloads as tasks have them: how small, how fast there, how fast back. Settles what
 * is claimed of zstd (5 to 10 % smaller than gzip), and the figures that the codec's settings rest on.
 */

import {
  type Compression,
  decompress,
  OFF_THREAD_BYTES,
} from "../flow-balancer/codec/compress.ts";
import { timeInTurn, type Turns, type Variant } from "./in-turn.ts";
import { type Payload, payloads } from "./payloads.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";
import { measureRows } from "./stored-rows.ts";
import type { RunOptions, Suite } from "./suite.ts";

const TURNS = {
  full: { rounds: 24, calls: 5 },
  quick: { rounds: 1, calls: 1 },
} as const satisfies Record<string, Turns>;
const SIZES = {
  full: [16_384, OFF_THREAD_BYTES, 262_144],
  quick: [16_384],
} as const;
/** Of the claim. */
const CLAIMED_PERCENT = 5;
/** For which others may be made to wait. At the median: what other programs hold is not ours. */
const MAX_HELD_US = 500;

interface Packer {
  readonly name: string;
  readonly compression: Compression;
  pack(raw: Uint8Array<ArrayBuffer>): Uint8Array;
}

const zstd = (level: number): Packer => ({
  name: `zstd ${level}`,
  compression: "zstd",
  pack: (raw) => Bun.zstdCompressSync(raw, { level }),
});
const gzip = (level: 1 | 6 | 9): Packer => ({
  name: `gzip ${level}`,
  compression: "gzip",
  pack: (raw) => Bun.gzipSync(raw, { level }),
});
const libdeflate = (level: 1 | 6): Packer => ({
  name: `gzip ${level} by libdeflate`,
  compression: "gzip",
  pack: (raw) => Bun.gzipSync(raw, { level, library: "libdeflate" }),
});
const GZIP_DEFAULT = gzip(6);
const ZSTD_DEFAULT = zstd(3);
/** As `compress` does it. */
const OURS = zstd(1);
/** The first is what the others are against. */
const PACKERS: readonly Packer[] = [
  GZIP_DEFAULT,
  gzip(1),
  gzip(9),
  libdeflate(1),
  libdeflate(6),
  OURS,
  ZSTD_DEFAULT,
  zstd(6),
  zstd(12),
];
/** The level matters little on the way back. */
const UNPACKED: readonly Packer[] = [GZIP_DEFAULT, OURS, ZSTD_DEFAULT];

export const codec: Suite = {
  name: "codec",
  measures: "zstd against gzip: size and time of payloads, and rows stored so",
  run: measureCodec,
};

async function measureCodec({ quick, say }: RunOptions): Promise<Findings> {
  const size = quick ? "quick" : "full";
  const found: Findings[] = [];
  for (const payload of SIZES[size].flatMap(payloads)) {
    say(payload.name);
    found.push(await measurePayload(payload, TURNS[size]));
  }
  say("rows");
  found.push(await measureRows(quick));
  return {
    cases: found.flatMap(({ cases }) => cases),
    targets: found.flatMap((it) => it.targets),
    notes: [
      "The claim was that zstd is 5 to 10 % smaller than gzip. A negative figure: it is bigger.",
    ],
  };
}

interface Packed extends Packer {
  readonly bytes: Uint8Array;
  readonly packUs: BenchCase;
}

async function measurePayload(
  { name, bytes: raw }: Payload,
  turns: Turns,
): Promise<Findings> {
  const there = PACKERS.map((packer) => ({
    packer,
    name: `${name}, ${packer.name}, compress`,
    run: () => packer.pack(raw),
  }));
  const packed: Packed[] = [];
  for (const [variant, sample] of await timeInTurn(there, turns)) {
    const packUs = benchCase(variant.name, "us", sample, packed[0]?.packUs);
    packed.push({ ...variant.packer, bytes: variant.run(), packUs });
  }
  const back = await timeInTurn(
    UNPACKED.map((packer) => unpacker(name, of(packed, packer), raw)),
    turns,
  );
  const backCases: BenchCase[] = [];
  for (const [variant, sample] of back)
    backCases.push(benchCase(variant.name, "us", sample, backCases[0]));
  return {
    cases: [
      ...sizeCases(name, packed, raw),
      ...packed.map(({ packUs }) => packUs),
      ...backCases,
    ],
    targets: name.startsWith("random") ? [] : targets(name, packed, raw),
  };
}

function of(packed: readonly Packed[], packer: Packer): Packed {
  const found = packed.find(({ name }) => name === packer.name);
  if (found === undefined) throw new Error(`${packer.name} was not measured`);
  return found;
}

function unpacker(name: string, packed: Packed, raw: Uint8Array): Variant {
  const { compression, bytes } = packed;
  const run = (): Uint8Array => decompress(bytes, compression, raw.length);
  if (!Buffer.from(run()).equals(raw))
    throw new Error(`${packed.name} did not give ${name} back`);
  return { name: `${name}, ${packed.name}, decompress`, run };
}

function sizeCases(
  name: string,
  packed: readonly Packed[],
  raw: Uint8Array,
): BenchCase[] {
  const cases: BenchCase[] = [];
  for (const it of packed)
    cases.push(
      benchCase(
        `${name}, ${it.name}, size`,
        "% of it",
        [(100 * it.bytes.length) / raw.length],
        cases[0],
      ),
    );
  return cases;
}

function targets(
  name: string,
  packed: readonly Packed[],
  raw: Uint8Array,
): Target[] {
  const gzipped = of(packed, GZIP_DEFAULT);
  const smaller = (it: Packed): number =>
    100 * (1 - it.bytes.length / gzipped.bytes.length);
  const asFast = packed.filter(
    (it) => it.compression === "zstd" && it.packUs.p50 <= gzipped.packUs.p50,
  );
  const claimed = { atLeast: CLAIMED_PERCENT, unit: "%" };
  return [
    {
      ...claimed,
      name: `claim: ${name}, zstd at its default level is smaller than gzip at its`,
      measured: smaller(of(packed, ZSTD_DEFAULT)),
    },
    {
      ...claimed,
      name: `claim: ${name}, zstd at the best of these levels that takes no longer is smaller than gzip at its default`,
      measured: Math.max(...asFast.map(smaller)),
    },
    ...(raw.length === OFF_THREAD_BYTES
      ? [
          {
            name: `${name}, the thread is held by ${OURS.name}, at p50`,
            limit: MAX_HELD_US,
            measured: of(packed, OURS).packUs.p50,
            unit: "us",
          },
        ]
      : []),
  ];
}
