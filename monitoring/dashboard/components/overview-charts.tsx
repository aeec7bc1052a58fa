/** The last minutes as four charts. */

import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { SeriesPointView, SeriesView } from "../../api/overview-views.ts";
import { getJson } from "../api.ts";
import { paused } from "../live.ts";
import { useResource } from "../use-resource.ts";
import { Button } from "./button.tsx";
import { Card } from "./card.tsx";
import { Empty, Loading } from "./empty.tsx";
import { ErrorNote } from "./error-note.tsx";
import { TimeChart } from "./time-chart.tsx";

const CHOICES = [5, 15, 60] as const;
const EVERY_MS = 2_000;

const minutes = signal<(typeof CHOICES)[number]>(15);
let last: Promise<SeriesView> | null = null;

/** While the page is paused the charts stand still too. */
function load(of: number): Promise<SeriesView> {
  if (!paused.value || last === null)
    last = getJson<SeriesView>(`series?minutes=${of}`);
  return last;
}

export function OverviewCharts(): VNode {
  const { data, error, reload } = useResource(() => load(minutes.value), {
    everyMs: EVERY_MS,
    key: String(minutes.value),
  });
  return (
    <Card
      title="The last minutes"
      data-testid="charts"
      aside={CHOICES.map((choice) => (
        <Button
          key={choice}
          kind="quiet"
          pressed={minutes.value === choice}
          title={`The last ${choice} minutes`}
          onClick={() => {
            last = null;
            minutes.value = choice;
          }}
        >
          {choice} m
        </Button>
      ))}
    >
      {error !== null && <ErrorNote error={error} retry={reload} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.points.length === 0 && (
        <Empty title="Nothing was measured yet">
          Points come while the server runs, one each{" "}
          {Math.round(data.step_ms / 1000)} s.
        </Empty>
      )}
      {data !== null && data.points.length > 0 && <Charts {...data} />}
    </Card>
  );
}

function Charts({ step_ms, points }: SeriesView): VNode {
  const at = useMemo(() => points.map((point) => point.at), [points]);
  const lines = useMemo(
    () => linesOf(points, 1000 / step_ms),
    [points, step_ms],
  );
  return (
    <div class="grid two charts">
      <TimeChart title="Throughput" unit="/s" at={at} series={lines.through} />
      <TimeChart
        title="Time to a result"
        unit="ms"
        at={at}
        series={lines.times}
      />
      <TimeChart title="Load" unit="" at={at} series={lines.load} />
      <TimeChart title="Cold starts" unit="/s" at={at} series={lines.cold} />
    </div>
  );
}

/** `perSecond`: what makes a rate of a point's count. */
function linesOf(points: readonly SeriesPointView[], perSecond: number) {
  const line = (
    label: string,
    colour: string,
    value: (point: SeriesPointView) => number | null,
  ) => ({ label, colour: `var(--${colour})`, values: points.map(value) });
  return {
    through: [
      line("ended", "blue", (p) => p.settled * perSecond),
      line("failed", "red", (p) => p.failed * perSecond),
    ],
    times: [
      line("wait p95", "violet", (p) => p.wait_p95_ms),
      line("run p95", "cyan", (p) => p.run_p95_ms),
    ],
    load: [
      line("queued", "amber", (p) => p.queue_depth),
      line("busy workers", "blue", (p) => p.busy),
    ],
    cold: [line("cold starts", "orange", (p) => p.cold * perSecond)],
  };
}
