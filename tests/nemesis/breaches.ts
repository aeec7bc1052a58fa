/** What a run of the nemesis proves broken, or fails to prove at all. */

import type { NemesisReport } from "./nemesis.ts";
import { staleNeeded } from "./witness.ts";

/** Tasks a second under which the kills count. */
const LEAST_RATE = 50;

export function breaches(report: NemesisReport): string[] {
  const stale = staleNeeded(report.kills);
  const found: [boolean, string][] = [
    [report.lost.length > 0, `lost: ${some(report.lost)}`],
    [report.unfinished.length > 0, `never ended: ${some(report.unfinished)}`],
    [
      report.doublyAccepted > 0,
      `accepted twice: ${report.doublyAccepted} tasks`,
    ],
    [report.changed.length > 0, `changed: ${some(report.changed)}`],
    [
      report.effectsTwice > 0,
      `commands that ran twice: ${report.effectsTwice}`,
    ],
    [report.damage.length > 0, `damage: ${some(report.damage)}`],
    [
      report.staleRejected <= stale,
      `vacuous: only ${report.staleRejected} stale results were refused, more than ${stale} are needed`,
    ],
    [report.takenOver === 0, "vacuous: no attempt was taken over"],
    [
      report.acknowledgedPerSecond < LEAST_RATE,
      `vacuous: only ${report.acknowledgedPerSecond.toFixed(1)} tasks a second, ${LEAST_RATE} are needed`,
    ],
  ];
  return found.flatMap(([isBroken, text]) => (isBroken ? [text] : []));
}

const SHOWN = 5;

/** All of them are among the results. */
const some = (all: readonly string[]): string =>
  [
    ...all.slice(0, SHOWN),
    ...(all.length > SHOWN ? [`and ${all.length - SHOWN} more`] : []),
  ].join("; ");
