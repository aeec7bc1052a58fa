/** How long runs of each kind take, beside how long they may: which limits are near, and which would have cost good work. */

import type { VNode } from "preact";
import type { TimeoutRowView, TimeoutsView } from "../../api/shared-views.ts";
import { getJson } from "../api.ts";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { HeatCell, HeatLegend } from "../components/heat-table.tsx";
import { Loaded } from "../components/loaded.tsx";
import { Page } from "../components/page.tsx";
import {
  type SortableColumn,
  SortableTable,
} from "../components/sortable-table.tsx";
import { count, duration, percent } from "../format.ts";
import { Link } from "../router.ts";
import { usePulse } from "../use-pulse.ts";
import { useResource } from "../use-resource.ts";
import { basisWords } from "./basis-words.ts";
import "./timeouts.css";

export function TimeoutsPage(): VNode {
  const pulse = usePulse({ everyMs: 5000 });
  const fetched = useResource(() => getJson<TimeoutsView>("timeouts"), {
    on: pulse,
  });
  return (
    <Page
      title="Timeouts"
      note="How long runs of each kind take, shaded by how near that is to the limit in force."
    >
      <Loaded of={fetched}>{({ kinds }) => <Kinds kinds={kinds} />}</Loaded>
    </Page>
  );
}

function Kinds({
  kinds,
}: {
  readonly kinds: readonly TimeoutRowView[];
}): VNode {
  if (kinds.length === 0)
    return (
      <Empty title="No run has ended yet">
        Limits are learned from runs. Start some tasks; the first figures come
        with the first that ends.
      </Empty>
    );
  return (
    <Card
      title="Kinds"
      aside={kinds.length === 1 ? "1 kind" : `${count(kinds.length)} kinds`}
      flush
      data-testid="timeouts"
    >
      <HeatLegend />
      <SortableTable
        label="Run times of each kind against the limit in force"
        columns={COLUMNS}
        rows={kinds}
        rowKey={({ kind }) => kind}
        order={{ key: "p99", direction: "descending" }}
        data-testid="timeouts-table"
      />
    </Card>
  );
}

/** By what share of the limit they use, which is what the shades show. */
const heatColumn = (
  key: "p50" | "p95" | "p99",
): SortableColumn<TimeoutRowView> => ({
  key,
  label: key,
  align: "end",
  title: `${key} of the runs that completed; sorted by its share of the limit`,
  cell: (row) => <HeatCell value={row[`${key}_ms`]} limit={row.limit_ms} />,
  sort: (row) => {
    const value = row[`${key}_ms`];
    return value === null || row.limit_ms === null || row.limit_ms <= 0
      ? null
      : value / row.limit_ms;
  },
});

const COLUMNS: readonly SortableColumn<TimeoutRowView>[] = [
  {
    key: "kind",
    label: "Kind",
    class: "kind",
    cell: ({ kind, how_sure, basis }) => (
      <>
        <Link href={`/ui/tasks?kind=${encodeURIComponent(kind)}`}>{kind}</Link>
        <span class="kind-sure" title={basisWords(basis)}>
          {how_sure}
        </span>
      </>
    ),
    sort: ({ kind }) => kind,
  },
  heatColumn("p50"),
  heatColumn("p95"),
  heatColumn("p99"),
  {
    key: "limit",
    label: "Limit",
    align: "end",
    title: "A run that gives no sign of life is ended after this",
    cell: ({ limit_ms, basis }) => (
      <span title={basisWords(basis)}>{duration(limit_ms)}</span>
    ),
    sort: ({ limit_ms }) => limit_ms,
  },
  {
    key: "max",
    label: "At most",
    align: "end",
    only: "widest",
    title: "A run that gives signs of life is ended after this",
    cell: ({ max_limit_ms }) => duration(max_limit_ms),
    sort: ({ max_limit_ms }) => max_limit_ms,
  },
  {
    key: "rule",
    label: "Simple rule",
    align: "end",
    only: "wide",
    title:
      "1.5 times the p95 of the kind, for comparison: what a simple rule would allow",
    cell: ({ simple_rule_ms }) => duration(simple_rule_ms),
    sort: ({ simple_rule_ms }) => simple_rule_ms,
  },
  {
    key: "killed",
    label: "Would have killed",
    align: "end",
    only: "wide",
    title:
      "Of the remembered runs that completed, those that today's limit would have ended",
    cell: ({ would_have_killed: n, of_remembered: of }) => (
      <span class={n > 0 ? "warn-text" : ""}>
        {count(n)} of {count(of)}
        {of > 0 && n > 0 && ` (${percent(n / of)})`}
      </span>
    ),
    sort: ({ would_have_killed, of_remembered }) =>
      of_remembered > 0 ? would_have_killed / of_remembered : null,
  },
  {
    key: "runs",
    label: "Runs",
    align: "end",
    only: "wide",
    title: "Runs that completed and runs that a limit ended, ever",
    cell: ({ n, timeouts }) => (
      <>
        {count(n)}
        {timeouts > 0 && (
          <span class="muted">, {count(timeouts)} timed out</span>
        )}
      </>
    ),
    sort: ({ n }) => n,
  },
];
