/** The whole at one look: is it well, how much goes through, how long does it take, what waits. */

import type { ComponentChildren, VNode } from "preact";
import type { OverviewView } from "../../api/overview-views.ts";
import { Badge } from "../components/badge.tsx";
import { Bar } from "../components/bar.tsx";
import { Card } from "../components/card.tsx";
import { Loading } from "../components/empty.tsx";
import { ErrorNote } from "../components/error-note.tsx";
import { HealthLine } from "../components/health-line.tsx";
import { OverviewCharts } from "../components/overview-charts.tsx";
import { Page } from "../components/page.tsx";
import { Split } from "../components/split.tsx";
import { Stat } from "../components/stat.tsx";
import { Ago } from "../components/time.tsx";
import { getJson } from "../api.ts";
import { count, duration, percent } from "../format.ts";
import { overview } from "../live.ts";
import { Link } from "../router.ts";
import { useResource } from "../use-resource.ts";

export function OverviewPage(): VNode {
  const at = overview.value;
  const first = useResource<OverviewView>(() => getJson("overview"));
  const shown = at ?? first.data;
  return (
    <Page
      title="Overview"
      note={shown !== null && `last ${duration(shown.window_ms)}, all servers`}
    >
      {shown === null ? (
        <Waiting error={first.error} retry={first.reload} />
      ) : (
        <>
          <HealthLine status={shown.health} />
          <Figures at={shown} />
          <div class="grid two">
            <Clocks at={shown} />
            <Tiers at={shown} />
          </div>
          <Alerts at={shown} />
          <OverviewCharts />
        </>
      )}
    </Page>
  );
}

const Waiting = ({
  error,
  retry,
}: {
  readonly error: Error | null;
  readonly retry: () => void;
}): VNode =>
  error === null ? (
    <Loading lines={6} />
  ) : (
    <ErrorNote error={error} retry={retry} />
  );

interface At {
  readonly at: OverviewView;
}

function Figures({ at }: At): VNode {
  const { pool, queue, tasks } = at;
  const full = pool.utilisation >= 0.95;
  return (
    <div class="stats" data-testid="figures">
      <Stat
        label="Throughput"
        value={at.throughput_per_s.toFixed(at.throughput_per_s < 10 ? 1 : 0)}
        unit="/s"
        detail={
          at.failed_share === null
            ? "none ended"
            : `${percent(at.failed_share)} failed`
        }
        tone={(at.failed_share ?? 0) >= 0.05 ? "warn" : undefined}
        title="Tasks that ended, a second"
        data-testid="throughput"
      />
      <Stat
        label="Running"
        href="/ui/tasks?state=running"
        value={count(tasks.running ?? 0)}
        detail={`${count(tasks.completed ?? 0)} completed in all`}
        data-testid="running"
      />
      <Stat
        label="Queue"
        href="/ui/tasks?state=queued"
        value={count(queue.depth)}
        detail={
          queue.oldest_ms === null
            ? "nothing waits"
            : `oldest waits ${duration(queue.oldest_ms)}`
        }
        title="Tasks that wait for a worker"
        data-testid="queue"
      />
      <Stat
        label="Workers busy"
        href="/ui/workers"
        value={`${pool.busy}/${pool.max_workers}`}
        detail={`${percent(pool.utilisation)} · ${pool.waiting} wait for one`}
        tone={full ? "warn" : undefined}
        title="Of this server's pool"
        data-testid="busy"
      />
      <Stat
        label="Cold starts"
        value={percent(at.cold_start_share)}
        detail="of placed tasks"
        title="Share of tasks that found no worker with their kind loaded"
        data-testid="cold-starts"
      />
    </div>
  );
}

function Clocks({ at }: At): VNode {
  const rows = [
    ["Wait", at.wait, "From submission until a worker took it"],
    ["Start", at.start, "Loading the kind on the worker"],
    ["Run", at.run, "The task's own time"],
  ] as const;
  return (
    <Card
      title="How long tasks took"
      flush
      data-testid="clocks"
      aside={`${count(at.run.n)} runs`}
    >
      <table class="table clocks" aria-label="Wait, start and run times">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="num">
              p50
            </th>
            <th scope="col" class="num">
              p95
            </th>
            <th scope="col" class="num">
              p99
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, it, title]) => (
            <tr key={label}>
              <th scope="row" title={title}>
                {label}
              </th>
              <td class="num">{duration(it.p50_ms)}</td>
              <td class="num strong">{duration(it.p95_ms)}</td>
              <td class="num">{duration(it.p99_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Tiers({ at }: At): VNode {
  const hits = at.tier_hits;
  return (
    <Card title="What tasks found" data-testid="tiers">
      <Split
        label="Tier each task found"
        parts={[
          { of: "hot", n: hits.hot ?? 0, title: "its session's worker" },
          { of: "warm", n: hits.warm ?? 0, title: "its kind was loaded" },
          { of: "cold", n: hits.cold ?? 0, title: "a bare process" },
        ]}
      />
      <div class="meter-row">
        <span class="muted">Pool</span>
        <Bar
          share={at.pool.utilisation}
          label="Workers busy, of all there may be"
          tone={at.pool.utilisation >= 0.95 ? "warn" : "plain"}
        />
      </div>
      <p class="muted">
        {at.pool.busy} busy, {at.pool.idle} idle, {at.pool.starting} starting;
        at most {at.pool.max_workers}
        {at.pool.max_workers < at.pool.configured_workers &&
          ` (its share of ${at.pool.configured_workers} configured)`}
      </p>
    </Card>
  );
}

function Alerts({ at }: At): VNode {
  const open = at.alerts.filter(({ state }) => state !== "cleared");
  return (
    <Card
      title="Alerts"
      flush
      data-testid="overview-alerts"
      aside={<Link href="/ui/alerts">All alerts</Link>}
    >
      {open.length === 0 ? (
        <p class="line muted">No alert is firing.</p>
      ) : (
        <ul class="lines">
          {open.map((alert) => (
            <li key={alert.rule}>
              <Badge
                of={alert.state === "firing" ? alert.severity : "pending"}
              />
              <Words>
                <strong>{alert.rule.replaceAll("_", " ")}</strong>{" "}
                {alert.summary}
              </Words>
              <span class="muted nowrap">
                <Ago at={alert.since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const Words = ({
  children,
}: {
  readonly children: ComponentChildren;
}): VNode => <span class="words">{children}</span>;
