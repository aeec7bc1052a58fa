/** The servers that share this home: who lives, what each has of the workers, and how others ended. */

import type { VNode } from "preact";
import type { InstancesView, InstanceView } from "../../api/overview-views.ts";
import { getJson } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Bar } from "../components/bar.tsx";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { Loaded } from "../components/loaded.tsx";
import { Page } from "../components/page.tsx";
import {
  type SortableColumn,
  SortableTable,
} from "../components/sortable-table.tsx";
import { Ago, Lasting } from "../components/time.tsx";
import { count, duration } from "../format.ts";
import { usePulse } from "../use-pulse.ts";
import { useResource } from "../use-resource.ts";
import { endWords, heartbeatTone, slotShare } from "./instance-words.ts";

export function InstancesPage(): VNode {
  const pulse = usePulse({ everyMs: 2000 });
  const fetched = useResource(() => getJson<InstancesView>("instances"), {
    on: pulse,
  });
  return (
    <Page
      title="Instances"
      note="Servers that share this home, its tasks and what was learned."
    >
      <Loaded of={fetched}>
        {({ instances }) => <Instances instances={instances} />}
      </Loaded>
    </Page>
  );
}

function Instances({
  instances,
}: {
  readonly instances: readonly InstanceView[];
}): VNode {
  const alive = instances.filter(({ end }) => end === null);
  const ended = instances.filter(({ end }) => end !== null);
  return (
    <>
      <Card title="Alive" aside={count(alive.length)} flush>
        {alive.length === 0 ? (
          <Empty title="No server has said that it lives">
            One that was started writes its first heartbeat within seconds. Is
            the disk full? See the health on the page Alerts.
          </Empty>
        ) : (
          <SortableTable
            label="Servers that are alive"
            columns={ALIVE}
            rows={alive}
            rowKey={({ id }) => id}
            order={{ key: "started", direction: "descending" }}
            data-testid="instances-alive"
          />
        )}
      </Card>
      <Card title="Ended lately" aside={count(ended.length)} flush>
        {ended.length === 0 ? (
          <Empty title="None has ended">
            A server that stops or dies is listed here with the cause, and its
            tasks go on elsewhere.
          </Empty>
        ) : (
          <SortableTable
            label="Servers that ended lately"
            columns={ENDED}
            rows={ended}
            rowKey={({ id }) => id}
            order={{ key: "ended", direction: "descending" }}
            data-testid="instances-ended"
          />
        )}
      </Card>
    </>
  );
}

type InstanceColumn = SortableColumn<InstanceView>;

const NAME: InstanceColumn = {
  key: "instance",
  label: "Instance",
  cell: ({ id, is_self }) => (
    <span title={id}>
      {/* Ids begin with their time, which neighbours share. */}
      <span class="mono">…{id.slice(-12)}</span>
      {is_self && <span class="word">this one</span>}
    </span>
  ),
  sort: ({ id }) => id,
};

const PROJECT: InstanceColumn = {
  key: "project",
  label: "Project",
  cell: ({ project }) => <span title={project}>{project}</span>,
  sort: ({ project }) => project,
};

const WAY: InstanceColumn = {
  key: "transport",
  label: "Serves",
  only: "wide",
  cell: ({ transport, pid }) => `${transport}, pid ${pid}`,
  sort: ({ transport }) => transport,
};

const VERSION: InstanceColumn = {
  key: "version",
  label: "Version",
  only: "widest",
  cell: ({ version }) => version,
  sort: ({ version }) => version,
};

const ALIVE: readonly InstanceColumn[] = [
  NAME,
  PROJECT,
  WAY,
  {
    key: "share",
    label: "Share of slots",
    title: "Workers it may have now, of those it would have if it were alone",
    cell: (it) => (
      <Bar
        share={slotShare(it)}
        label={`${it.id}: ${it.share} of ${it.max_workers} worker slots`}
        text={`${count(it.share)} of ${count(it.max_workers)}`}
      />
    ),
    sort: ({ share }) => share,
  },
  {
    key: "wants",
    label: "Wants",
    align: "end",
    title: "Workers it has work for",
    cell: ({ wants, share }) => (
      <span class={wants > share ? "warn-text" : ""}>{count(wants)}</span>
    ),
    sort: ({ wants }) => wants,
  },
  {
    key: "running",
    label: "Running",
    align: "end",
    title: "Tasks it holds",
    cell: ({ running }) => count(running),
    sort: ({ running }) => running,
  },
  {
    key: "heartbeat",
    label: "Heartbeat",
    align: "end",
    cell: ({ heartbeat_ms_ago }) => (
      <span class={heartbeatTone(heartbeat_ms_ago)}>
        {duration(heartbeat_ms_ago)} ago
      </span>
    ),
    sort: ({ heartbeat_ms_ago }) => heartbeat_ms_ago,
  },
  {
    key: "started",
    label: "Up for",
    align: "end",
    only: "wide",
    cell: ({ started_at }) => <Lasting since={started_at} />,
    sort: ({ started_at }) => -started_at,
  },
  VERSION,
];

const ENDED: readonly InstanceColumn[] = [
  NAME,
  {
    key: "end",
    label: "How",
    cell: ({ end }) => (
      <span>
        <Badge of={end ?? ""} /> <span class="muted">{endWords(end)}</span>
      </span>
    ),
    sort: ({ end }) => end,
  },
  PROJECT,
  WAY,
  {
    key: "lived",
    label: "Lived",
    align: "end",
    cell: ({ started_at, ended_at }) =>
      duration(ended_at === null ? null : ended_at - started_at),
    sort: ({ started_at, ended_at }) =>
      ended_at === null ? null : ended_at - started_at,
  },
  {
    key: "ended",
    label: "Ended",
    align: "end",
    cell: ({ ended_at }) => <Ago at={ended_at} />,
    sort: ({ ended_at }) => ended_at,
  },
  VERSION,
];
