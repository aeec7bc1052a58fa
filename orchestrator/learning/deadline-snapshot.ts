/** The form in which learned limits are kept, and its check: what is kept is read back as data from outside. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { SketchState } from "./quantile-sketch.ts";
import type { RecentSketchState } from "./run-history-sketch.ts";
import type { RunHistoryState } from "./run-history.ts";

export const SNAPSHOT_VERSION = 1;

/** Plain data; each list has the least recently observed first. */
export interface DeadlineSnapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly all: RunHistoryState;
  readonly kinds: readonly {
    readonly kind: string;
    readonly history: RunHistoryState;
    readonly sketch: RecentSketchState;
  }[];
  readonly buckets: readonly {
    readonly kind: string;
    readonly bucket: string;
    readonly history: RunHistoryState;
  }[];
}

/** Of the least and the largest number there is, 1 % apart. */
const FARTHEST_BIN = 40_000;

type Fields = Readonly<Record<string, unknown>>;

/** Throws INVALID_INPUT for what is no such snapshot, saying where. */
export function readDeadlineSnapshot(snapshot: unknown): DeadlineSnapshot {
  const { version, all, kinds, buckets } = fieldsOf(snapshot, "the snapshot");
  if (version !== SNAPSHOT_VERSION)
    throw notASnapshot(
      `version is ${String(version)}, not ${SNAPSHOT_VERSION}`,
    );
  return {
    version: SNAPSHOT_VERSION,
    all: historyOf(all, "all"),
    kinds: listOf(kinds, "kinds").map((entry, at) => {
      const where = `kinds[${at}]`;
      const { kind, history, sketch } = fieldsOf(entry, where);
      const { newer, older } = fieldsOf(sketch, `${where}.sketch`);
      return {
        kind: textOf(kind, `${where}.kind`),
        history: historyOf(history, `${where}.history`),
        sketch: {
          newer: sketchOf(newer, `${where}.sketch.newer`),
          older: sketchOf(older, `${where}.sketch.older`),
        },
      };
    }),
    buckets: listOf(buckets, "buckets").map((entry, at) => {
      const where = `buckets[${at}]`;
      const { kind, bucket, history } = fieldsOf(entry, where);
      return {
        kind: textOf(kind, `${where}.kind`),
        bucket: textOf(bucket, `${where}.bucket`),
        history: historyOf(history, `${where}.history`),
      };
    }),
  };
}

function historyOf(value: unknown, where: string): RunHistoryState {
  const fields = fieldsOf(value, where);
  const spread = fieldsOf(fields["spread"], `${where}.spread`);
  return {
    completed: countOf(fields, "completed", where),
    timeouts: countOf(fields, "timeouts", where),
    beats: numberOf(fields, "beats", where),
    levels: thresholdsOf(fields["levels"], `${where}.levels`),
    misses: thresholdsOf(fields["misses"], `${where}.misses`),
    window: windowOf(fields["window"], `${where}.window`),
    spread: {
      center: numberOf(spread, "center", `${where}.spread`),
      scale: numberOf(spread, "scale", `${where}.spread`),
    },
    cutOff: listOf(fields["cutOff"], `${where}.cutOff`).map((entry, at) => {
      const run = fieldsOf(entry, `${where}.cutOff[${at}]`);
      return {
        ms: countOf(run, "ms", `${where}.cutOff[${at}]`),
        after: countOf(run, "after", `${where}.cutOff[${at}]`),
      };
    }),
    row: countOf(fields, "row", where),
    aliveRow: countOf(fields, "aliveRow", where),
    guessMs: countOf(fields, "guessMs", where),
    low: countOf(fields, "low", where),
  };
}

function thresholdsOf(
  value: unknown,
  where: string,
): { readonly single: number; readonly soft: number } {
  const fields = fieldsOf(value, where);
  return {
    single: numberOf(fields, "single", where),
    soft: numberOf(fields, "soft", where),
  };
}

function windowOf(value: unknown, where: string): string {
  const text = textOf(value, where);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(text);
  } catch {
    throw notASnapshot(`${where} is not base64`);
  }
  if (bytes.length % 4 !== 0)
    throw notASnapshot(`${where} is not a list of 32-bit floats`);
  if (new Float32Array(bytes.buffer).some((ms) => !(ms >= 0 && ms < Infinity)))
    throw notASnapshot(`${where} has what is no duration`);
  return text;
}

function sketchOf(value: unknown, where: string): SketchState {
  const fields = fieldsOf(value, where);
  const counts = listOf(fields["counts"], `${where}.counts`).map((_, at, all) =>
    countOf({ count: all[at] }, "count", `${where}.counts[${at}]`),
  );
  const first = numberOf(fields, "first", where);
  if (!Number.isInteger(first) || Math.abs(first) > FARTHEST_BIN)
    throw notASnapshot(`${where}.first is no bin`);
  return { first, counts };
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Fields;
  throw notASnapshot(`${where} is not an object`);
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw notASnapshot(`${where} is not a list`);
}

function textOf(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw notASnapshot(`${where} is not a text`);
}

function numberOf(fields: Fields, name: string, where: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw notASnapshot(`${where}.${name} is not a number`);
}

function countOf(fields: Fields, name: string, where: string): number {
  const value = numberOf(fields, name, where);
  if (value >= 0) return value;
  throw notASnapshot(`${where}.${name} is below 0`);
}

const notASnapshot = (what: string): BalancerError =>
  new BalancerError(
    "INVALID_INPUT",
    `this is no snapshot of learned limits: ${what}`,
    { hint: "Begin with nothing: they are learned again from the outcomes." },
  );
