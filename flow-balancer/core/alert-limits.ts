/**
 * The alerts by name, each with the limits it fires and clears at where nobody set others, and the form
 * in which a person sets them. What each reads and says is in monitoring/alerts/.
 */

export interface AlertLimits {
  /** On which side of `threshold` it fires, the threshold itself included. */
  readonly fires: "above" | "below";
  readonly threshold: number;
  /** Once it fires it goes on until the value is here or beyond. */
  readonly clear: number;
  /** It has to hold for so long before it fires. */
  readonly holdMs: number;
}

const above = (
  threshold: number,
  clear: number,
  holdMs: number,
): AlertLimits => ({ fires: "above", threshold, clear, holdMs });

const MIB = 1_048_576;

export const ALERT_LIMITS = {
  /** Share of the attempts of the last minutes that ended wrongly. */
  error_rate: above(0.3, 0.2, 60_000),
  /** What one in twenty waited for a worker, ms. */
  wait_p95: above(5_000, 2_500, 60_000),
  /** Tasks that wait for each worker there may be, while all are busy. */
  pool_saturated: above(1, 0.25, 60_000),
  /** Share of the tasks that found no worker ready for them. */
  cold_start_share: above(0.5, 0.3, 120_000),
  /** Servers of the home that died or went silent in the last minutes. */
  dead_instance: above(1, 0, 0),
  /** Age of the oldest task of the pool that could run and that nobody takes, ms. */
  pending_for_ever: above(600_000, 300_000, 30_000),
  /** Bytes free on the home's disk. */
  disk: {
    fires: "below",
    threshold: 512 * MIB,
    clear: 1_024 * MIB,
    holdMs: 10_000,
  },
  /** Bytes of the store's write-ahead log; it is copied back at 16 MiB. */
  wal_size: above(128 * MIB, 64 * MIB, 60_000),
  /** Intervals since leases and dead servers were last looked after. */
  reaper_late: above(3, 2, 3_000),
  /** Intervals since this server last said that it lives. */
  heartbeat_late: above(3, 2, 3_000),
} as const satisfies Record<string, AlertLimits>;

export type AlertRuleName = keyof typeof ALERT_LIMITS;

export const ALERT_RULE_NAMES = Object.keys(ALERT_LIMITS) as AlertRuleName[];

/** What a person set of a rule; what is null stays as it is. */
export interface AlertOverride {
  readonly threshold: number | null;
  readonly clear: number | null;
  readonly holdMs: number | null;
}

export interface AlertsConfig {
  readonly enabled: "on" | "off";
  readonly rules: Readonly<Partial<Record<AlertRuleName, AlertOverride>>>;
  /** A program and its arguments, run with each alert as JSON on its stdin; none: []. */
  readonly command: readonly string[];
  /** Where each alert is sent as JSON; null: nowhere. */
  readonly webhook: string | null;
}

/** With a threshold of its own and no clear limit, a rule clears as far from it as before, in proportion. */
export function alertLimits(
  name: AlertRuleName,
  override?: AlertOverride,
): AlertLimits {
  const limits: AlertLimits = ALERT_LIMITS[name];
  const threshold = override?.threshold ?? limits.threshold;
  const clear =
    override?.clear ?? threshold * (limits.clear / limits.threshold);
  const holdMs = override?.holdMs ?? limits.holdMs;
  return { fires: limits.fires, threshold, clear, holdMs };
}

/** Why it could never clear, or would clear while it fires; null: it is right. */
export function alertLimitsProblem({
  fires,
  threshold,
  clear,
}: AlertLimits): string | null {
  const isRight = fires === "above" ? clear < threshold : clear > threshold;
  if (isRight) return null;
  const side = fires === "above" ? "less" : "more";
  return `must clear at ${side} than it fires at (${threshold}), got ${clear}`;
}
