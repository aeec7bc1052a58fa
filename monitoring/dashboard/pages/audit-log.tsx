/** What people did to this server, the newest first; what can be taken back has a button for it. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { AuditEntryView, AuditView } from "../../api/shared-views.ts";
import { getJson, postJson } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { Loaded } from "../components/loaded.tsx";
import {
  type SortableColumn,
  SortableTable,
} from "../components/sortable-table.tsx";
import { Ago } from "../components/time.tsx";
import { toast, toastFailure } from "../components/toast.tsx";
import { count } from "../format.ts";
import { lastAudit, overview } from "../live.ts";
import { useResource } from "../use-resource.ts";

export function AuditLog(): VNode {
  const fetched = useResource(() => getJson<AuditView>("audit"), {
    on: lastAudit,
  });
  const [undoing, setUndoing] = useState<number | null>(null);

  const undo = async ({ seq, action, target }: AuditEntryView) => {
    setUndoing(seq);
    try {
      await postJson<AuditEntryView>(`audit/${seq}/undo`);
      toast({ text: `Taken back: ${action} on ${target}` });
    } catch (error) {
      toastFailure("That could not be undone", error);
    } finally {
      setUndoing(null);
      fetched.reload();
    }
  };

  const readOnly = overview.value?.read_only === true;
  return (
    <Card
      title="What people did"
      aside={
        fetched.data !== null &&
        `the last ${count(fetched.data.entries.length)}`
      }
      flush
      data-testid="audit"
    >
      <Loaded of={fetched}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty title="Nobody has done anything yet">
              Whatever is asked of the server here or over its API is written
              down: cancelled tasks, paused tiers, ended workers.
            </Empty>
          ) : (
            <SortableTable
              label="What people did to this server"
              columns={[
                ...COLUMNS,
                undoColumn((entry) => void undo(entry), undoing, readOnly),
              ]}
              rows={entries}
              rowKey={({ seq }) => String(seq)}
              data-testid="audit-table"
            />
          )
        }
      </Loaded>
    </Card>
  );
}

type AuditColumn = SortableColumn<AuditEntryView>;

const COLUMNS: readonly AuditColumn[] = [
  {
    key: "at",
    label: "When",
    cell: ({ at }) => <Ago at={at} />,
    sort: ({ at }) => at,
  },
  {
    key: "action",
    label: "What",
    cell: ({ action }) => <span class="mono">{action}</span>,
    sort: ({ action }) => action,
  },
  {
    key: "target",
    label: "On",
    cell: ({ target }) => (
      <span class="mono" title={target}>
        {target}
      </span>
    ),
    sort: ({ target }) => target,
  },
  {
    key: "detail",
    label: "Detail",
    class: "wraps",
    cell: ({ detail }) => detail ?? "",
  },
  {
    key: "by",
    label: "By",
    cell: ({ by }) => by,
    sort: ({ by }) => by,
  },
];

const undoColumn = (
  undo: (entry: AuditEntryView) => void,
  undoing: number | null,
  readOnly: boolean,
): AuditColumn => ({
  key: "undo",
  label: "Take back",
  align: "end",
  cell: (entry) =>
    entry.can_undo ? (
      <Button
        onClick={() => undo(entry)}
        disabled={readOnly || undoing === entry.seq}
        label={`Undo ${entry.action} on ${entry.target}`}
        {...(readOnly ? { title: "This server is read-only" } : {})}
        data-testid={`undo-${entry.seq}`}
      >
        Undo
      </Button>
    ) : (
      <span class="muted">cannot be undone</span>
    ),
});
