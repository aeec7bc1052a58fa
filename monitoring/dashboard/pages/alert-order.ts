/** Alerts in the order of their urgency, and their figures. No browser needed. */

import type { AlertView, ProbeView } from "../../api/overview-views.ts";
import { bytes, count, duration, percent, UNKNOWN } from "../format.ts";

const STATES = ["firing", "pending", "cleared"] as const;
const SEVERITIES = ["critical", "warning"] as const;
const STATUSES = ["failing", "degraded", "ok"] as const;

/** Firing before pending before cleared, critical before warning, then the newest first. */
export const byUrgency = (alerts: readonly AlertView[]): AlertView[] =>
  [...alerts].sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      b.since - a.since,
  );

/** Failing first; within a status as they come. */
export const byStatus = (probes: readonly ProbeView[]): ProbeView[] =>
  [...probes].sort(
    (a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status),
  );

const THREE_DIGITS = new Intl.NumberFormat("en-GB", {
  maximumSignificantDigits: 3,
});

/** Three digits are enough to compare by, whatever the unit: "0.0832", "12.3", "1,230", "1.2 M". */
function figure(value: number | null): string {
  if (value === null) return UNKNOWN;
  return Math.abs(value) >= 100_000 ? count(value) : THREE_DIGITS.format(value);
}

/** "value against threshold". */
export const againstThreshold = ({
  value,
  threshold,
}: Pick<AlertView, "value" | "threshold">): string =>
  `${figure(value)} against ${figure(threshold)}`;

/** A probe's figure by what its name says it is: "free_bytes" is "free", in MiB; "round_ms_ago" is "round ago", in seconds. */
export function probeFigure(
  name: string,
  value: number | string | null,
): { readonly name: string; readonly value: string } {
  const words = name.split("_");
  const unit = words.find((word) => word in UNITS);
  const rest = words.filter((word) => word !== unit);
  if (unit === undefined || typeof value === "string" || rest.length === 0)
    return {
      name: words.join(" "),
      value: typeof value === "string" ? value : figure(value),
    };
  return { name: rest.join(" "), value: UNITS[unit]?.(value) ?? UNKNOWN };
}

const UNITS: Readonly<Record<string, (value: number | null) => string>> = {
  bytes,
  ms: duration,
  share: percent,
};
