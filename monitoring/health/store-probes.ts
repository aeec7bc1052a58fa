/** Whether the store takes writes, how fast, and whether its log stays small. */

import { count } from "../../flow-balancer/core/figures.ts";
import { bytesInWords } from "../bytes-in-words.ts";
import { degraded, failing, ok, type Probes } from "./probe.ts";
import { lengthInWords } from "../length-in-words.ts";

/** A write is done in under a millisecond; so late, somebody else holds the database or the disk is slow. One that takes longer than the bound of all probes is failing. */
const SLOW_WRITE_MS = 250;

/** With fewer commits nothing is said of how long they take. */
const ENOUGH_COMMITS = 20;
/** A commit blocks the event loop: every task of the moment waits as long. */
const SLOW_COMMIT_P95_MS = 50;
const STUCK_COMMIT_P95_MS = 1_000;

const MIB = 1_048_576;
/** Copied back to the database at 16 MiB: four times as much, and something (a reader that does not end) keeps that from happening. */
const LONG_WAL_BYTES = 64 * MIB;
/** Reads slow down with it, and on most disks it is what fills them. */
const ENDLESS_WAL_BYTES = 1_024 * MIB;

export const STORE_PROBES: Probes<"store" | "commit" | "wal"> = {
  store({ writeMs, refusal, refused }) {
    const figures = {
      write_ms: round(writeMs),
      limit_ms: SLOW_WRITE_MS,
      refused: refused?.writes ?? 0,
    };
    if (refusal !== null) return failing(refusal, figures);
    if (refused !== null)
      return failing(
        `the store refused ${count(refused.writes, "write")}, the last ${lengthInWords(refused.msAgo)} ago: ${refused.reason}. See that the home's disk has room and is writable`,
        figures,
      );
    const said = `a small write was on disk after ${lengthInWords(writeMs)} (limit ${SLOW_WRITE_MS} ms)`;
    return writeMs < SLOW_WRITE_MS
      ? ok(said, figures)
      : degraded(
          `${said}: another process holds the database, or the disk is slow. See what else writes there`,
          figures,
        );
  },

  commit({ n, p50Ms, p95Ms, maxMs }) {
    const figures = {
      n,
      p50_ms: round(p50Ms),
      p95_ms: round(p95Ms),
      max_ms: round(maxMs),
      limit_p95_ms: SLOW_COMMIT_P95_MS,
    };
    if (n < ENOUGH_COMMITS)
      return ok(`${n} commits lately: too few to say more`, figures);
    const said = `95% of ${n} commits took ${lengthInWords(p95Ms)} or less, the longest ${lengthInWords(maxMs)} (limit ${SLOW_COMMIT_P95_MS} ms)`;
    if (p95Ms < SLOW_COMMIT_P95_MS) return ok(said, figures);
    const advice = `${said}: the disk is slow. Look at what else uses it, or put the home on another one`;
    return p95Ms < STUCK_COMMIT_P95_MS
      ? degraded(advice, figures)
      : failing(advice, figures);
  },

  wal({ bytes }) {
    const figures = { bytes, limit_bytes: LONG_WAL_BYTES };
    const said = `the store's log has ${bytesInWords(bytes)} (limit ${bytesInWords(LONG_WAL_BYTES)})`;
    if (bytes < LONG_WAL_BYTES) return ok(said, figures);
    const advice = `${said}: a process that reads flow.db and does not end keeps it from being copied back. Find and end it`;
    return bytes < ENDLESS_WAL_BYTES
      ? degraded(advice, figures)
      : failing(advice, figures);
  },
};

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
