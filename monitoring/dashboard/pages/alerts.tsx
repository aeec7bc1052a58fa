/** What is wrong, what each part of the server says of itself, and what people did to it, which can be undone. */

import type { VNode } from "preact";
import type { AlertView } from "../../api/overview-views.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Empty, Loading } from "../components/empty.tsx";
import { Page } from "../components/page.tsx";
import {
  type SortableColumn,
  SortableTable,
} from "../components/sortable-table.tsx";
import { Ago } from "../components/time.tsx";
import { overview } from "../live.ts";
import { againstThreshold, byUrgency } from "./alert-order.ts";
import { AuditLog } from "./audit-log.tsx";
import { HealthProbes } from "./health-probes.tsx";

export function AlertsPage(): VNode {
  return (
    <Page title="Alerts" note={<FiringNote />}>
      <Card title="Alerts" flush data-testid="alerts">
        <Alerts />
      </Card>
      <HealthProbes />
      <AuditLog />
    </Page>
  );
}

function FiringNote(): VNode | null {
  if (overview.value === null) return null;
  const { alerts } = overview.value;
  const firing = alerts.filter(({ state }) => state === "firing").length;
  const pending = alerts.filter(({ state }) => state === "pending").length;
  return (
    <span role="status">
      {firing === 0 ? "None is firing" : `${firing} firing`}
      {pending > 0 && `, ${pending} pending`}
    </span>
  );
}

function Alerts(): VNode {
  if (overview.value === null) return <Loading lines={3} />;
  const { alerts } = overview.value;
  if (alerts.length === 0)
    return (
      <Empty title="Nothing is wrong">
        No rule holds, and none held lately. Rules and their limits are in the
        settings under <code>[alerts]</code>.
      </Empty>
    );
  return (
    <SortableTable
      label="Alerts"
      columns={COLUMNS}
      rows={byUrgency(alerts)}
      rowKey={({ rule }) => rule}
      rowClass={({ state }) => `alert-${state}`}
      data-testid="alerts-table"
    />
  );
}

const COLUMNS: readonly SortableColumn<AlertView>[] = [
  {
    key: "state",
    label: "State",
    title: "Pending: the condition holds, not for long enough yet",
    cell: ({ state }) => <Badge of={state} />,
    sort: ({ state }) => state,
  },
  {
    key: "severity",
    label: "Severity",
    cell: ({ severity, state }) => (
      <Badge of={state === "cleared" ? "cleared" : severity}>{severity}</Badge>
    ),
    sort: ({ severity }) => severity,
  },
  {
    key: "rule",
    label: "Rule",
    cell: ({ rule }) => <span class="mono">{rule}</span>,
    sort: ({ rule }) => rule,
  },
  {
    key: "summary",
    label: "What is wrong",
    class: "wraps",
    cell: ({ summary }) => summary,
  },
  {
    key: "value",
    label: "Value against threshold",
    align: "end",
    cell: againstThreshold,
    sort: ({ value, threshold }) =>
      value === null || threshold === 0 ? null : value / threshold,
  },
  {
    key: "since",
    label: "Since",
    align: "end",
    cell: ({ since }) => <Ago at={since} />,
    sort: ({ since }) => since,
  },
];
