/**
 * Whether the loop goes round by which a server says that it lives (heartbeat) and takes back the work of
 * leases that ran out and of servers that died (reaper). Both are steps of one beat; whichever of them
 * hangs, throws or does not come is failing within two beats.
 */

import type {
  BeatStepName,
  LastBeat,
} from "../../flow-balancer/core/instance.ts";
import { degraded, failing, ok, type Probes } from "./probe.ts";
import { lengthInWords } from "../length-in-words.ts";

/** Of its intervals; also the tries in a row that may fail. */
const LATE = 2;
/** Part of the time after which the others take the work of a silent server: the last moment to act. */
const NEARLY_DEAD = 0.75;

const KEEPS_PRESENT: readonly BeatStepName[] = ["presence", "share"];
export const REAPS: readonly BeatStepName[] = ["rescue", "sweep"];

const ADVICE =
  "Restart this server if it does not recover; its work is given to others once its heartbeat is overdue";

export const BEAT_PROBES: Probes<"heartbeat" | "reaper"> = {
  heartbeat({ beat, heartbeatMs, deadAfterMs }) {
    const { ageMs, everyMs, toldMsAgo } = beat;
    const figures = {
      beat_age_ms: Math.round(ageMs),
      every_ms: everyMs,
      limit_ms: LATE * everyMs,
      told_ms_ago: toldMsAgo === null ? null : Math.round(toldMsAgo),
      dead_after_ms: deadAfterMs,
    };
    const said = `the last beat began ${lengthInWords(ageMs)} ago (one is due every ${everyMs} ms, limit ${LATE * everyMs} ms)`;
    const presentMsAgo = Math.max(ageMs, beat.steps.presence.okMsAgo);
    const isLate = presentMsAgo > LATE * everyMs;
    const broken = brokenSteps(beat, KEEPS_PRESENT);
    if (broken.length > 0) {
      const detail = `${said}, but ${inWords(broken)}. ${ADVICE}`;
      return isLate || isLasting(broken)
        ? failing(detail, figures)
        : degraded(detail, figures);
    }
    if (isLate)
      return failing(`${said}: ${whereItIs(beat)}. ${ADVICE}`, figures);
    if (toldMsAgo !== null && toldMsAgo > NEARLY_DEAD * deadAfterMs)
      return failing(
        `${said}, but the others were last told ${lengthInWords(toldMsAgo)} ago that this server lives (due every ${heartbeatMs} ms; at ${deadAfterMs} ms they take its work). ${ADVICE}`,
        figures,
      );
    return ok(said, figures);
  },

  reaper({ beat, overdueMs }) {
    const { everyMs } = beat;
    const okMsAgo = Math.max(...REAPS.map((step) => beat.steps[step].okMsAgo));
    const figures = {
      ok_ms_ago: Math.round(okMsAgo),
      every_ms: everyMs,
      limit_ms: LATE * everyMs,
      overdue_ms: overdueMs === null ? null : Math.round(overdueMs),
    };
    const said = `leases and dead servers were last looked after ${lengthInWords(okMsAgo)} ago (due every ${everyMs} ms, limit ${LATE * everyMs} ms)`;
    const broken = brokenSteps(beat, REAPS);
    if (okMsAgo > LATE * everyMs || isLasting(broken)) {
      const why = broken.length > 0 ? inWords(broken) : whereItIs(beat);
      return failing(`${said}: ${why}. ${ADVICE}`, figures);
    }
    if (broken.length > 0)
      return degraded(`${said}, but ${inWords(broken)}. ${ADVICE}`, figures);
    if (overdueMs !== null && overdueMs > LATE * everyMs)
      return failing(
        `${said}, yet a lease ran out ${lengthInWords(overdueMs)} ago and its task was not taken back. ${ADVICE}`,
        figures,
      );
    return ok(said, figures);
  },
};

interface Broken {
  readonly step: BeatStepName;
  readonly failures: number;
  readonly reason: string;
}

const brokenSteps = (
  { steps }: LastBeat,
  of: readonly BeatStepName[],
): Broken[] =>
  of.flatMap((step) => {
    const { failures, reason } = steps[step];
    return failures > 0 ? [{ step, failures, reason: reason ?? "" }] : [];
  });

const isLasting = (broken: readonly Broken[]): boolean =>
  broken.some(({ failures }) => failures >= LATE);

const inWords = (broken: readonly Broken[]): string =>
  broken
    .map(
      ({ step, failures, reason }) =>
        `its step '${step}' failed ${failures} ${failures === 1 ? "time" : "times in a row"}: ${reason}`,
    )
    .join("; ");

const whereItIs = ({ step }: LastBeat): string =>
  step === null
    ? "the loop has stopped"
    : `the beat does not come to its end, it is in step '${step}'`;
