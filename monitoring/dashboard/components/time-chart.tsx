/**
 * Lines over time. Read with the eye, with the pointer, with the arrow keys, and by a screen reader, which
 * gets the newest, lowest and highest value of each line in a table of its own.
 */

import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { type ChartSeries, timeOfDay } from "./chart-text.ts";
import { ChartLegend } from "./chart-legend.tsx";
import { ChartTwin } from "./chart-twin.tsx";
import { chartValue } from "./chart-value.ts";
import { type Mark, markNear } from "./chart-marks.ts";
import { browserPace } from "./browser-pace.ts";
import { Pacer } from "./pacer.ts";
import { type PlotColours, TimePlot } from "./time-plot.ts";
import { type ThinSeries, thinSeries } from "./thin-series.ts";
import "./time-chart.css";

interface TimeChartProps {
  readonly title: string;
  /** `ms`, `bytes`, `share` (0..1); any other stands behind the number as it is. */
  readonly unit: string;
  /** Epoch ms, ascending. */
  readonly at: readonly number[];
  readonly series: readonly ChartSeries[];
  /** What changed when: a line each. */
  readonly marks?: readonly Mark[];
  /** Powers of ten at equal distances, for values that lie far apart. All are above 0 then. */
  readonly log?: boolean;
  /** CSS pixels. */
  readonly height?: number;
}

/** Between two drawings. */
const REDRAW_MS = 500;
const NO_MARKS: readonly Mark[] = [];

/** Drawn at most twice a second, not while the page is hidden, and with at most 600 points. */
export function TimeChart(props: TimeChartProps) {
  const { title, unit, at, series, marks = NO_MARKS, height = 180 } = props;
  const id = useId();
  const [cursor, setCursor] = useState<number | null>(null);
  const [off, setOff] = useState<ReadonlySet<number>>(new Set());
  const thin = useMemo(
    () =>
      thinSeries(
        at,
        series.map((it) => it.values),
      ),
    [at, series],
  );
  const { figure, host, plot } = usePlot(
    { ...props, height },
    thin,
    marks,
    setCursor,
  );
  const say = (value: number | null) => chartValue(value, unit);

  const toggle = (index: number) => {
    const next = new Set(off);
    if (!next.delete(index)) next.add(index);
    setOff(next);
    plot.current?.showSeries(index, !next.has(index));
  };

  return (
    <figure class="chart" ref={figure} aria-labelledby={id}>
      <figcaption class="chart-head">
        <span id={id} class="chart-title">
          {title}
        </span>
        <span class="chart-when">
          {cursor === null ? "newest" : momentWords(thin.at, cursor, marks)}
        </span>
      </figcaption>
      <CursorSlider
        title={title}
        thin={thin}
        series={series}
        marks={marks}
        say={say}
        cursor={cursor}
        host={host}
        onMove={(index) => plot.current?.pointAt(index)}
      />
      <ChartLegend
        series={series}
        values={thin.values}
        cursor={cursor}
        off={off}
        say={say}
        onToggle={toggle}
      />
      <ChartTwin title={title} series={series} marks={marks} say={say} />
    </figure>
  );
}

/** "14:03:20", with what changed then. */
function momentWords(
  at: readonly number[],
  index: number,
  marks: readonly Mark[],
): string {
  const time = at[index];
  if (time === undefined) return "no point yet";
  const mark = markNear(marks, at, index);
  return mark === null ? timeOfDay(time) : `${timeOfDay(time)}, ${mark.label}`;
}

interface CursorSliderProps {
  readonly title: string;
  readonly thin: ThinSeries;
  readonly series: readonly ChartSeries[];
  readonly marks: readonly Mark[];
  readonly say: (value: number | null) => string;
  readonly cursor: number | null;
  readonly host: { current: HTMLDivElement | null };
  readonly onMove: (index: number | null) => void;
}

/** The canvas. Arrow keys move along its points, Home and End to the ends, Escape away. */
function CursorSlider(props: CursorSliderProps) {
  const { title, thin, series, marks, say, cursor, host, onMove } = props;
  const last = Math.max(0, thin.at.length - 1);
  const now = Math.min(cursor ?? last, last);
  const said = series
    .map(({ label }, i) => `${label} ${say(thin.values[i]?.[now] ?? null)}`)
    .join(", ");
  const onKeyDown = (event: KeyboardEvent) => {
    const to = keyTarget(event.key, now, last);
    if (to === undefined) return;
    event.preventDefault();
    onMove(to);
  };
  return (
    <div
      class="chart-plot"
      ref={host}
      tabIndex={0}
      role="slider"
      aria-label={`${title}: moment shown`}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={now}
      aria-valuetext={`${momentWords(thin.at, now, marks)}: ${said}`}
      onKeyDown={onKeyDown}
      onBlur={() => onMove(null)}
    />
  );
}

/** Undefined: not a key of ours. */
function keyTarget(
  key: string,
  now: number,
  last: number,
): number | null | undefined {
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, now - 1);
    case "ArrowRight":
      return Math.min(last, now + 1);
    case "PageUp":
      return Math.max(0, now - 20);
    case "PageDown":
      return Math.min(last, now + 20);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

/** The plot lives as long as its lines are called the same; data only passes through. */
function usePlot(
  {
    series,
    unit,
    height,
    log = false,
  }: TimeChartProps & { readonly height: number },
  thin: ThinSeries,
  marks: readonly Mark[],
  onCursor: (index: number | null) => void,
) {
  const figure = useRef<HTMLElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<TimePlot | null>(null);
  const pacer = useRef<Pacer | null>(null);
  const newest = useRef({ thin, marks });
  newest.current = { thin, marks };
  const lines = series.map(({ label, draw }) => `${label} ${draw}`).join("\n");

  useEffect(() => {
    if (host.current === null || figure.current === null) return undefined;
    const colours = coloursOf(figure.current);
    const drawn = new TimePlot({
      host: host.current,
      series,
      unit,
      log,
      height,
      colours: colours.now,
      say: (value) => chartValue(value, unit),
      onCursor,
    });
    const paced = new Pacer(
      () => {
        colours.read();
        drawn.show(newest.current.thin, newest.current.marks);
      },
      REDRAW_MS,
      browserPace,
    );
    plot.current = drawn;
    pacer.current = paced;
    const unwatch = watchLooks(
      () => paced.visibilityChanged(),
      () => paced.ask(),
    );
    paced.ask();
    return () => {
      unwatch();
      paced.close();
      drawn.close();
    };
    // Lines are compared by what they are called and how they are drawn.
  }, [lines, unit, height, log]);

  useEffect(() => pacer.current?.ask(), [thin, marks]);
  return { figure, host, plot };
}

/** Canvas knows no variables: colours are read off what the style sheet painted. */
function coloursOf(figure: HTMLElement) {
  let found: PlotColours = {
    series: [],
    text: "",
    grid: "",
    mark: "",
    back: "",
  };
  const read = () => {
    const style = getComputedStyle(figure);
    found = {
      series: [...figure.querySelectorAll(".chart-swatch")].map(
        (swatch) => getComputedStyle(swatch).color,
      ),
      text: style.color,
      grid: style.outlineColor,
      mark: style.columnRuleColor,
      back: style.backgroundColor,
    };
  };
  return { now: () => found, read };
}

/** Calls `onShown` when the page is shown or hidden, `onColours` when light turns dark. */
function watchLooks(onShown: () => void, onColours: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themed = new MutationObserver(onColours);
  themed.observe(document.documentElement, { attributes: true });
  document.addEventListener("visibilitychange", onShown);
  dark.addEventListener("change", onColours);
  return () => {
    themed.disconnect();
    document.removeEventListener("visibilitychange", onShown);
    dark.removeEventListener("change", onColours);
  };
}
