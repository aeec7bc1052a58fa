/** Lengths shaded by how near they are to their limit. The share stands beside each: the shade only helps. */

import type { VNode } from "preact";
import { duration, percent, UNKNOWN } from "../format.ts";
import { HEAT_LEVELS, heatOf } from "./heat-share.ts";
import "./heat-table.css";

interface HeatCellProps {
  /** Ms; null: not known. */
  readonly value: number | null;
  readonly limit: number | null;
}

export function HeatCell({ value, limit }: HeatCellProps): VNode {
  const heat = heatOf(value, limit);
  if (heat === null) return <span>{duration(value)}</span>;
  const beyond = heat.level === 4 ? "▲ " : "";
  return (
    <span
      class="heat"
      data-level={heat.level}
      title={`${duration(value)}, ${percent(heat.share)} of the limit of ${duration(limit)}: ${heat.words}`}
    >
      <span class="heat-value">{duration(value)}</span>
      <span class="heat-share">
        {beyond}
        {Number.isFinite(heat.share) ? percent(heat.share) : UNKNOWN}
      </span>
    </span>
  );
}

/** What the shades mean. */
export function HeatLegend(): VNode {
  return (
    <ul class="heat-legend" aria-label="What the shades mean">
      {HEAT_LEVELS.map(({ level, words }) => (
        <li key={level}>
          <span class="heat-shade" data-level={level} aria-hidden="true" />
          {words}
          {level === 4 && " (▲)"}
        </li>
      ))}
    </ul>
  );
}
