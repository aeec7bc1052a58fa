/**
 * Judges the facts of one moment. Pure.
 *
 *  ok        nothing to be done
 *  degraded  the server does its work, but something is on its way to keep it from that: look at it
 *  failing   the server cannot be relied on now: nothing new should be sent to it (`/readyz` says no)
 *
 * The limits stand with each probe: store-probes.ts, pool-probe.ts, beat-probes.ts, machine-probes.ts,
 * instances-probe.ts. The whole is as bad as its worst probe, and a probe that gave no answer is failing.
 */

import type { HealthView, ProbeView } from "../api/overview-views.ts";
import { BEAT_PROBES } from "./beat-probes.ts";
import type { Gathered, Known, ProbeName } from "./health-facts.ts";
import { INSTANCES_PROBE } from "./instances-probe.ts";
import { MACHINE_PROBES } from "./machine-probes.ts";
import { POOL_PROBE } from "./pool-probe.ts";
import type { Probes, Verdict } from "./probe.ts";
import { STORE_PROBES } from "./store-probes.ts";

const PROBES: Probes<ProbeName> = {
  ...STORE_PROBES,
  ...POOL_PROBE,
  ...BEAT_PROBES,
  ...MACHINE_PROBES,
  ...INSTANCES_PROBE,
};

/** The order in which they are shown. */
export const PROBE_NAMES = Object.keys(PROBES) as ProbeName[];

const SEVERITY = { ok: 0, degraded: 1, failing: 2 } as const;

/** `at`: epoch ms. */
export function judgeHealth(gathered: Gathered, at: number): HealthView {
  const probes = PROBE_NAMES.map((name) => judgeProbe(name, gathered[name]));
  const status = probes.reduce<HealthView["status"]>(
    (worst, probe) =>
      SEVERITY[probe.status] > SEVERITY[worst] ? probe.status : worst,
    "ok",
  );
  return { status, at: Math.round(at), probes };
}

function judgeProbe<Name extends ProbeName>(
  name: Name,
  fact: Gathered[Name],
): ProbeView {
  // The table and the facts are keyed alike; a union of pairs is more than the compiler follows.
  const judge = PROBES[name] as (value: unknown) => Verdict;
  const known = fact as Known<unknown>;
  if (known.ok) return { name, ...judge(known.value) };
  return {
    name,
    status: "failing",
    detail: `could not be looked at: ${known.reason}`,
    figures: {},
  };
}
