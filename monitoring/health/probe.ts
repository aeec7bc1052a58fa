/** What a probe is: a judgement of one fact, with the figures and the limits in words. */

import type { ProbeView } from "../api/overview-views.ts";
import type { HealthFacts, ProbeName } from "./health-facts.ts";

export type Verdict = Pick<ProbeView, "status" | "detail" | "figures">;

export type Probes<Names extends ProbeName> = {
  readonly [Name in Names]: (fact: HealthFacts[Name]) => Verdict;
};

export type Figures = ProbeView["figures"];

export const ok = (detail: string, figures: Figures): Verdict => ({
  status: "ok",
  detail,
  figures,
});

export const degraded = (detail: string, figures: Figures): Verdict => ({
  status: "degraded",
  detail,
  figures,
});

export const failing = (detail: string, figures: Figures): Verdict => ({
  status: "failing",
  detail,
  figures,
});
