/** One uPlot canvas over time: lines, change markers, a cursor. The component around it gives data and colours. */

import uPlot from "uplot";
import { DASHES } from "./chart-dashes.ts";
import {
  type ChartSeries,
  type Draw,
  logSteps,
  timeLabels,
} from "./chart-text.ts";
import { type Mark, placeMarks } from "./chart-marks.ts";
import type { ThinSeries } from "./thin-series.ts";

export interface PlotColours {
  /** One per series, as CSS says them after `light-dark()` and variables were resolved. */
  readonly series: readonly string[];
  readonly text: string;
  readonly grid: string;
  readonly mark: string;
  /** Behind it all. */
  readonly back: string;
}

interface PlotOptions {
  readonly host: HTMLElement;
  readonly series: readonly Pick<ChartSeries, "label" | "draw">[];
  /** In the unit of the chart: `log` puts powers of ten at equal distances, for values that lie far apart. */
  readonly log: boolean;
  readonly unit: string;
  /** CSS pixels. */
  readonly height: number;
  readonly colours: () => PlotColours;
  readonly say: (value: number) => string;
  /** Of the point under the cursor; null: it is elsewhere. */
  readonly onCursor: (index: number | null) => void;
}

const FONT = "11px system-ui, sans-serif";

export class TimePlot {
  readonly #plot: uPlot;
  readonly #options: PlotOptions;
  readonly #watcher: ResizeObserver;
  #marks: readonly Mark[] = [];

  constructor(options: PlotOptions) {
    this.#options = options;
    this.#plot = new uPlot(
      {
        ...looks(options),
        hooks: {
          draw: [(plot) => drawMarks(plot, this.#marks, options.colours())],
          setCursor: [({ cursor }) => options.onCursor(cursor.idx ?? null)],
        },
      },
      [[], ...options.series.map(() => [])],
      options.host,
    );
    this.#watcher = new ResizeObserver(() => this.#fit());
    this.#watcher.observe(options.host);
  }

  show({ at, values }: ThinSeries, marks: readonly Mark[]): void {
    this.#marks = marks;
    this.#plot.setData([[...at], ...values.map((it) => [...it])]);
  }

  /** Colours changed. */
  repaint(): void {
    this.#plot.redraw(false, true);
  }

  showSeries(index: number, show: boolean): void {
    this.#plot.setSeries(index + 1, { show });
  }

  /** Puts the cursor on a point; null takes it away. */
  pointAt(index: number | null): void {
    const at = index === null ? undefined : this.#plot.data[0]?.[index];
    this.#plot.setCursor(
      at === undefined
        ? { left: -10, top: -10 }
        : { left: this.#plot.valToPos(at, "x"), top: 0 },
    );
  }

  close(): void {
    this.#watcher.disconnect();
    this.#plot.destroy();
  }

  #fit(): void {
    const width = this.#options.host.clientWidth;
    if (width > 0 && width !== this.#plot.width)
      this.#plot.setSize({ width, height: this.#options.height });
  }
}

function looks(options: PlotOptions): uPlot.Options {
  const { host, series, height, colours } = options;
  return {
    width: Math.max(1, host.clientWidth),
    height,
    ms: 1,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      points: { size: 7 },
    },
    scales: { x: { time: true, range: timeRange }, y: yScale(options) },
    axes: axes(options),
    series: [
      {},
      ...series.map(({ label, draw = "line" }, i) => ({
        label,
        dash: [...(DASHES[i % DASHES.length] ?? [])],
        stroke: () => colours().series[i] ?? colours().text,
        ...DRAWN[draw](options, i),
      })),
    ],
  };
}

function axes({ log, unit, colours, say }: PlotOptions): uPlot.Axis[] {
  const axis = {
    font: FONT,
    stroke: () => colours().text,
    grid: { stroke: () => colours().grid, width: 1 },
    ticks: { stroke: () => colours().grid, width: 1, size: 4 },
  } satisfies uPlot.Axis;
  return [
    {
      ...axis,
      size: 26,
      space: 64,
      values: (_plot, at, _axis, _space, step) => timeLabels(at, step),
    },
    {
      ...axis,
      size: 58,
      space: 30,
      values: (_plot, values) => values.map(say),
      ...(log
        ? {
            splits: (_plot: uPlot, _axis: number, low: number, high: number) =>
              logSteps(low, high, unit),
            filter: (_plot: uPlot, splits: number[]) => splits,
          }
        : {}),
    },
  ];
}

type SeriesLook = (
  options: PlotOptions,
  index: number,
) => Partial<uPlot.Series>;

/** No line between. */
const points =
  (size: number, filled: boolean): SeriesLook =>
  ({ colours }, i) => ({
    dash: [],
    paths: () => null,
    points: {
      show: true,
      size,
      width: 1.25,
      fill: () => (filled ? colours().series[i] : undefined) ?? colours().back,
    },
  });

const DRAWN: Readonly<Record<Draw, SeriesLook>> = {
  line: ({ colours }) => ({
    width: 1.5,
    points: { size: 4, fill: () => colours().back },
  }),
  steps: () => ({
    width: 1.75,
    points: { show: false },
    ...(uPlot.paths.stepped === undefined
      ? {}
      : { paths: uPlot.paths.stepped({ align: 1 }) }),
  }),
  points: points(5, false),
  dots: points(7, true),
  rings: points(8, false),
};

const yScale = ({ log, unit }: PlotOptions): uPlot.Scale =>
  log
    ? {
        distr: 3,
        range: (_plot, low, high) => {
          const steps = logSteps(low ?? 1, high ?? 10, unit);
          return [steps.at(0) ?? 1, steps.at(-1) ?? 10];
        },
      }
    : { range: fromZero };

/** A single point stands in the middle of a minute. */
function timeRange(_plot: uPlot, from: number, to: number): uPlot.Range.MinMax {
  return from === to ? [from - 30_000, to + 30_000] : [from, to];
}

/** All that is shown here is a count, a length, a size or a share: none is below 0. */
function fromZero(
  _plot: uPlot,
  _low: number,
  high: number,
): uPlot.Range.MinMax {
  return [0, high > 0 ? high * 1.08 : 1];
}

function drawMarks(
  plot: uPlot,
  marks: readonly Mark[],
  { mark, text, back }: PlotColours,
): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const { min, max } = plot.scales["x"] ?? {};
  if (marks.length === 0 || min === undefined || max === undefined) return;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.strokeStyle = mark;
  const left = bbox.left / ratio;
  const range = { from: min, to: max, left, width: bbox.width / ratio };
  const widthOf = (label: string) => ctx.measureText(label).width / ratio;
  const placed = placeMarks(marks, range, widthOf);
  for (const { x } of placed) {
    ctx.beginPath();
    ctx.moveTo(x * ratio, bbox.top);
    ctx.lineTo(x * ratio, bbox.top + bbox.height);
    ctx.stroke();
  }
  for (const { label, x, labelled, side } of placed) {
    if (!labelled) continue;
    const long = widthOf(label);
    const start = side === "right" ? x + 4 : x - 4 - long;
    ctx.fillStyle = back;
    ctx.fillRect((start - 2) * ratio, bbox.top, (long + 4) * ratio, 14 * ratio);
    ctx.fillStyle = text;
    ctx.fillText(label, start * ratio, bbox.top + ratio);
  }
  ctx.restore();
}
