/** Who talks to the servers: how busy each session is against its own usual, and what state is kept for it. */

import type { VNode } from "preact";
import type { SessionsView, SessionView } from "../../api/shared-views.ts";
import { getJson } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { Loaded } from "../components/loaded.tsx";
import { Page } from "../components/page.tsx";
import {
  type SortableColumn,
  SortableTable,
} from "../components/sortable-table.tsx";
import { Stat } from "../components/stat.tsx";
import { Ago } from "../components/time.tsx";
import { bytes, count } from "../format.ts";
import { Link } from "../router.ts";
import { usePulse } from "../use-pulse.ts";
import { useResource } from "../use-resource.ts";
import {
  loadFactor,
  MODE_WORDS,
  modeCounts,
  MODES,
  rateWords,
} from "./session-load.ts";

export function SessionsPage(): VNode {
  const pulse = usePulse({ everyMs: 2000 });
  const fetched = useResource(() => getJson<SessionsView>("sessions"), {
    on: pulse,
  });
  return (
    <Page
      title="Sessions"
      note="Each is compared with its own usual: a rush for one is silence for another."
    >
      <Loaded of={fetched}>
        {({ sessions }) => <Sessions sessions={sessions} />}
      </Loaded>
    </Page>
  );
}

function Sessions({
  sessions,
}: {
  readonly sessions: readonly SessionView[];
}): VNode {
  if (sessions.length === 0)
    return (
      <Empty title="No session was opened yet">
        An agent opens one with the tool <code>open_session</code>; its state
        then stays on a hot worker between its tasks.
      </Empty>
    );
  const open = sessions.filter(({ closed_at }) => closed_at === null);
  const closed = sessions.filter(({ closed_at }) => closed_at !== null);
  const counts = modeCounts(sessions);
  return (
    <>
      <div class="stats" data-testid="session-modes">
        {MODES.map((mode) => (
          <Stat
            key={mode}
            label={mode}
            value={count(counts[mode])}
            detail={MODE_WORDS[mode]}
          />
        ))}
      </div>
      <Card title="Open" aside={count(open.length)} flush>
        {open.length === 0 ? (
          <Empty title="None is open">
            They appear as agents open them, without a reload.
          </Empty>
        ) : (
          <SortableTable
            label="Open sessions"
            columns={COLUMNS}
            rows={open}
            rowKey={({ id }) => id}
            href={tasksOf}
            order={{ key: "flight", direction: "descending" }}
            data-testid="sessions-table"
          />
        )}
      </Card>
      {closed.length > 0 && (
        <Card title="Closed lately" aside={count(closed.length)} flush>
          <SortableTable
            label="Sessions that were closed lately"
            columns={CLOSED_COLUMNS}
            rows={closed}
            rowKey={({ id }) => id}
            href={tasksOf}
            data-testid="sessions-closed"
          />
        </Card>
      )}
    </>
  );
}

const tasksOf = ({ id }: SessionView): string =>
  `/ui/tasks?session=${encodeURIComponent(id)}`;

type SessionColumn = SortableColumn<SessionView>;

const NAME: SessionColumn = {
  key: "session",
  label: "Session",
  cell: (session) => (
    <Link href={tasksOf(session)} title={`Tasks of ${session.id}`}>
      {session.name ?? session.id}
    </Link>
  ),
  sort: ({ name, id }) => name ?? id,
};

const STATE: SessionColumn = {
  key: "state",
  label: "State",
  align: "end",
  title: "What is kept for it between tasks, and how often that changed",
  cell: ({ state_bytes, state_version }) =>
    state_version === 0 ? (
      <span class="muted">none</span>
    ) : (
      `${bytes(state_bytes)}, version ${count(state_version)}`
    ),
  sort: ({ state_bytes }) => state_bytes,
};

const OPENED: SessionColumn = {
  key: "opened",
  label: "Opened",
  align: "end",
  only: "wide",
  cell: ({ opened_at }) => <Ago at={opened_at} />,
  sort: ({ opened_at }) => opened_at,
};

const COLUMNS: readonly SessionColumn[] = [
  NAME,
  {
    key: "mode",
    label: "Mode",
    cell: ({ mode }) => <Badge of={mode} title={MODE_WORDS[mode]} />,
    sort: ({ mode }) => MODES.indexOf(mode),
  },
  {
    key: "flight",
    label: "In flight",
    align: "end",
    cell: ({ in_flight }) => count(in_flight),
    sort: ({ in_flight }) => in_flight,
  },
  {
    key: "rate",
    label: "Rate",
    align: "end",
    title: "Tasks in the last minute, against the usual of this session",
    cell: rateWords,
    sort: ({ tasks_last_minute }) => tasks_last_minute,
  },
  {
    key: "factor",
    label: "Of usual",
    align: "end",
    only: "wide",
    cell: (session) => {
      const factor = loadFactor(session);
      return factor === null ? (
        <span class="muted">no usual yet</span>
      ) : (
        `${count(factor)}×`
      );
    },
    sort: loadFactor,
  },
  STATE,
  {
    key: "used",
    label: "Last used",
    align: "end",
    cell: ({ last_used_at }) => <Ago at={last_used_at} />,
    sort: ({ last_used_at }) => last_used_at,
  },
  OPENED,
];

const CLOSED_COLUMNS: readonly SessionColumn[] = [
  NAME,
  STATE,
  OPENED,
  {
    key: "closed",
    label: "Closed",
    align: "end",
    cell: ({ closed_at }) => <Ago at={closed_at} />,
    sort: ({ closed_at }) => closed_at,
  },
];
