/**
 * One step of all alerts, a pure fold over the facts:
 *
 *   ok -> pending   the value is at the threshold or beyond
 *   pending -> firing   it was so at every look for the hold time; -> ok with the first at which it is not
 *   firing -> cleared   the value is at the clear limit or beyond, or there is hardly evidence left
 *   cleared -> ok   it has been shown for long enough
 *
 * Two limits and a hold time keep a value that swings around one of them from ringing at every swing.
 * Facts that could not be found out change nothing. Time between two looks counts up to a bound, so that
 * a machine that was suspended does not wake up to alerts.
 */

import {
  ALERT_RULE_NAMES,
  alertLimits,
  type AlertLimits,
  type AlertRuleName,
  type AlertsConfig,
} from "../../flow-balancer/core/alert-limits.ts";
import type { AlertView } from "../api/overview-views.ts";
import type { AlertFacts } from "./alert-facts.ts";
import {
  ALERT_RULES,
  summaryOf,
  type AlertRule,
  type Reading,
} from "./alert-rules.ts";

export interface ActiveRule {
  readonly name: AlertRuleName;
  readonly rule: AlertRule;
  readonly limits: AlertLimits;
}

interface Progress {
  readonly view: AlertView;
  /** In its present state, as far as somebody looked. */
  readonly ms: number;
}

export interface AlertsState {
  /** Of those that are not ok. */
  readonly alerts: ReadonlyMap<AlertRuleName, Progress>;
  /** Of the last look; null: there was none. */
  readonly at: number | null;
}

/** It began to fire, or it cleared. */
export interface AlertChange {
  readonly scope: AlertRule["scope"];
  readonly alert: AlertView;
}

export const NO_ALERTS: AlertsState = { alerts: new Map(), at: null };

/** A look is due every 5 s; what lies beyond is no time in which anybody looked. */
const MAX_GAP_MS = 15_000;
/** A cleared one is shown for so long. */
const CLEARED_SHOWN_MS = 600_000;
/** So much of the evidence it takes to fire is needed to go on. */
const STAY_SHARE = 0.5;

export const activeRules = ({
  rules,
}: Pick<AlertsConfig, "rules">): readonly ActiveRule[] =>
  ALERT_RULE_NAMES.map((name) => ({
    name,
    rule: ALERT_RULES[name],
    limits: alertLimits(name, rules[name]),
  }));

/** `now`: monotonic ms, not before that of the last step. */
export function stepAlerts(
  state: AlertsState,
  rules: readonly ActiveRule[],
  facts: AlertFacts,
  now: number,
): { readonly state: AlertsState; readonly changes: readonly AlertChange[] } {
  const passed =
    state.at === null ? 0 : Math.min(MAX_GAP_MS, Math.max(0, now - state.at));
  const alerts = new Map<AlertRuleName, Progress>();
  const changes: AlertChange[] = [];
  for (const active of rules) {
    const before = state.alerts.get(active.name);
    const next = stepOne(active, before, facts, passed);
    if (next === undefined) continue;
    alerts.set(active.name, next);
    const { view } = next;
    const isNew = view.state !== before?.view.state;
    if (isNew && view.state !== "pending")
      changes.push({ scope: active.rule.scope, alert: view });
  }
  return { state: { alerts, at: now }, changes };
}

function stepOne(
  { name, rule, limits }: ActiveRule,
  before: Progress | undefined,
  facts: AlertFacts,
  passed: number,
): Progress | undefined {
  const phase = before?.view.state;
  const ms = (before?.ms ?? 0) + passed;
  const shown =
    phase === "cleared" && before !== undefined && ms < CLEARED_SHOWN_MS
      ? { view: before.view, ms }
      : undefined;
  const reading = rule.read(facts);
  if (reading === null) return phase === "cleared" ? shown : before;
  const enter = (state: AlertView["state"], inState: number): Progress => ({
    ms: inState,
    view: {
      rule: name,
      severity: rule.severity,
      state,
      summary: summaryOf(rule, reading, limits, state === "cleared"),
      value: reading.value,
      threshold: limits.threshold,
      since:
        before !== undefined && phase === state ? before.view.since : facts.at,
    },
  });
  if (phase === "firing")
    return isOver(rule, reading, limits)
      ? enter("cleared", 0)
      : enter("firing", ms);
  const isThin = reading.n !== null && reading.n < rule.least;
  if (isThin || !isBeyond(reading.value, limits.threshold, limits.fires))
    return shown;
  const heldMs = phase === "pending" ? ms : 0;
  return heldMs >= limits.holdMs
    ? enter("firing", 0)
    : enter("pending", heldMs);
}

function isOver(
  { least }: AlertRule,
  { value, n }: Reading,
  { fires, clear }: AlertLimits,
): boolean {
  if (n !== null && n < least * STAY_SHARE) return true;
  return isBeyond(value, clear, fires === "above" ? "below" : "above");
}

const isBeyond = (
  value: number,
  limit: number,
  side: AlertLimits["fires"],
): boolean => (side === "above" ? value >= limit : value <= limit);
