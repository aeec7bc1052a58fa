/** What policies decided about a task: the choice, its odds, and what else there was. */

import type { VNode } from "preact";
import type { TaskDetailView } from "../../api/task-views.ts";
import { percent } from "../format.ts";
import { Card } from "./card.tsx";
import { type Column, Table } from "./table.tsx";
import { Ago } from "./time.tsx";

type Decision = TaskDetailView["decisions"][number];

const COLUMNS: readonly Column<Decision>[] = [
  { key: "policy", label: "Policy", cell: (it) => it.policy },
  {
    key: "choice",
    label: "Choice",
    cell: (it) => <strong>{it.choice}</strong>,
  },
  {
    key: "odds",
    label: "Odds",
    align: "end",
    title: "How likely this choice was, before it was made",
    cell: (it) => percent(it.propensity),
  },
  {
    key: "others",
    label: "Instead of",
    class: "wrap",
    cell: (it) => (
      <span class="muted" title={others(it)}>
        {others(it)}
      </span>
    ),
  },
  {
    key: "attempt",
    label: "Try",
    align: "end",
    only: "wide",
    cell: (it) => it.attempt,
  },
  {
    key: "version",
    label: "Version",
    only: "wide",
    class: "mono muted",
    cell: (it) => it.version,
  },
  {
    key: "at",
    label: "When",
    align: "end",
    only: "wide",
    cell: (it) => <Ago at={it.at} />,
  },
];

const others = ({ alternatives, choice }: Decision): string =>
  alternatives
    .filter((it) => it.choice !== choice)
    .map(
      (it) =>
        `${it.choice} ${percent(it.propensity)}${it.score === null ? "" : ` (score ${it.score.toFixed(2)})`}`,
    )
    .join(", ") || "nothing else";

export function DecisionsTable({
  decisions,
}: {
  readonly decisions: readonly Decision[];
}): VNode {
  return (
    <Card title="Decisions" flush data-testid="decisions">
      <Table
        label="Decisions of policies"
        columns={COLUMNS}
        rows={decisions}
        rowKey={(it) => `${it.at}/${it.policy}/${it.attempt}`}
      />
    </Card>
  );
}
