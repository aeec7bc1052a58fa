/** What the machine leaves the server: room on the home's disk, and turns of its own event loop. */

import { grouped } from "../../flow-balancer/core/figures.ts";
import { bytesInWords } from "../bytes-in-words.ts";
import { degraded, failing, ok, type Probes } from "./probe.ts";
import { lengthInWords } from "../length-in-words.ts";

const MIB = 1_048_576;
/** Enough for a day of a busy server. */
const LITTLE_BYTES = 512 * MIB;
/** Below this the reserve for results is not made again, once it was needed (config/disk-reserve.ts). */
const NO_BYTES = 64 * MIB;
/** Some are made and removed all the time: by the store, for large results, by tasks. */
const FEW_FILES = 1_000;
const NO_FILES = 16;

/** Every task waits for a turn of the loop several times. */
const SLOW_P99_MS = 250;
const STUCK_P99_MS = 2_000;

export const MACHINE_PROBES: Probes<"disk" | "event_loop"> = {
  disk({ freeBytes, totalBytes, freeFiles }) {
    const figures = {
      free_bytes: freeBytes,
      total_bytes: totalBytes,
      free_files: freeFiles,
      limit_bytes: LITTLE_BYTES,
      failing_bytes: NO_BYTES,
    };
    const files = freeFiles ?? Number.POSITIVE_INFINITY;
    const said =
      files < FEW_FILES
        ? `the home's disk has room for ${grouped(files)} more files (limit ${grouped(FEW_FILES)})`
        : `the home's disk has ${bytesInWords(freeBytes)} free of ${bytesInWords(totalBytes)} (limit ${bytesInWords(LITTLE_BYTES)})`;
    if (freeBytes < NO_BYTES || files < NO_FILES)
      return failing(
        `${said}: results may soon have no room. Free at least ${bytesInWords(LITTLE_BYTES)}`,
        figures,
      );
    if (freeBytes < LITTLE_BYTES || files < FEW_FILES)
      return degraded(
        `${said}. Free some, or keep less ([retention] keep_days)`,
        figures,
      );
    return ok(said, figures);
  },

  event_loop({ delay }) {
    if (delay === null) return ok("not measured for long enough yet", {});
    const { p50Ms, p99Ms, maxMs } = delay;
    const figures = {
      p50_ms: round(p50Ms),
      p99_ms: round(p99Ms),
      max_ms: round(maxMs),
      limit_p99_ms: SLOW_P99_MS,
    };
    const said = `turns of the event loop came up to ${lengthInWords(p99Ms)} late (99 of 100; the worst ${lengthInWords(maxMs)}, limit ${SLOW_P99_MS} ms)`;
    if (p99Ms < SLOW_P99_MS) return ok(said, figures);
    const advice = `${said}: the machine has too few processors for what it runs. Lower pool.max_workers, or end other programs`;
    return p99Ms < STUCK_P99_MS
      ? degraded(advice, figures)
      : failing(advice, figures);
  },
};

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
