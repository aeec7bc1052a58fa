/** The lines of a chart with their values at the cursor, or the newest; each can be taken away. */

import { type ChartSeries, type Draw, seriesColour } from "./chart-text.ts";
import { DASHES } from "./chart-dashes.ts";
import type { Values } from "./thin-series.ts";

interface ChartLegendProps {
  readonly series: readonly ChartSeries[];
  /** As drawn, in the order of `series`. */
  readonly values: readonly Values[];
  /** Index of the point under the cursor. */
  readonly cursor: number | null;
  /** Those that are not drawn. */
  readonly off: ReadonlySet<number>;
  readonly say: (value: number | null) => string;
  readonly onToggle: (index: number) => void;
}

export function ChartLegend(props: ChartLegendProps) {
  const { series, values, cursor, off, say, onToggle } = props;
  return (
    <ul class="chart-legend">
      {series.map((one, i) => (
        <li key={one.label}>
          <button
            type="button"
            class="chart-key"
            aria-pressed={!off.has(i)}
            title={off.has(i) ? "Show this line" : "Hide this line"}
            onClick={() => onToggle(i)}
          >
            <Swatch
              index={i}
              colour={seriesColour(one, i)}
              draw={one.draw ?? "line"}
            />
            <span class="chart-key-name">{one.label}</span>
            <span class="chart-key-value">
              {say(valueAt(values[i], cursor))}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const valueAt = (values: Values = [], cursor: number | null): number | null =>
  cursor === null
    ? (values.findLast((value) => value !== null) ?? null)
    : (values[cursor] ?? null);

interface SwatchProps {
  readonly index: number;
  readonly colour: string;
  readonly draw: Draw;
}

/** Radii of the points; lines have none. */
const RADII: Partial<Record<Draw, number>> = { points: 2, dots: 3, rings: 3.4 };

function Swatch({ index, colour, draw }: SwatchProps) {
  const radius = RADII[draw];
  return (
    <svg
      class="chart-swatch"
      style={{ color: colour }}
      width="22"
      height="8"
      viewBox="0 0 22 8"
      aria-hidden="true"
    >
      {radius === undefined ? (
        <line
          x1="0"
          y1="4"
          x2="22"
          y2="4"
          stroke="currentColor"
          stroke-width="2"
          stroke-dasharray={(DASHES[index % DASHES.length] ?? []).join(" ")}
        />
      ) : (
        <circle
          cx="11"
          cy="4"
          r={radius}
          fill={draw === "dots" ? "currentColor" : "none"}
          stroke="currentColor"
        />
      )}
    </svg>
  );
}
