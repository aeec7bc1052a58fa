/** When a policy changed and why, the newest first; and how long workers are kept warm now. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { LearningView } from "../../api/shared-views.ts";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import {
  type SortableColumn,
  SortableTable,
} from "../components/sortable-table.tsx";
import { count, duration } from "../format.ts";
import { basisWords } from "./basis-words.ts";
import { ChangeHistory } from "./change-history.tsx";

type KeepWarm = LearningView["keep_warm"][number];

export function PolicyChanges({
  learning,
}: {
  readonly learning: LearningView;
}): VNode {
  return (
    <div class="grid two learning-grid">
      <Changes changes={learning.changes} />
      <Card title="How long workers are kept warm" flush>
        {learning.keep_warm.length === 0 ? (
          <Empty title="No kind has come back yet">
            The pauses between the tasks of a kind decide how long a worker
            waits for the next.
          </Empty>
        ) : (
          <SortableTable
            label="How long workers are kept warm"
            columns={KEEP_WARM}
            rows={learning.keep_warm}
            rowKey={({ kind }) => kind}
            data-testid="keep-warm"
          />
        )}
      </Card>
    </div>
  );
}

function Changes({
  changes,
}: {
  readonly changes: LearningView["changes"];
}): VNode {
  const [only, setOnly] = useState<string | null>(null);
  const what = [...new Set(changes.map((change) => change.what))].sort();
  const shown = changes.filter((it) => only === null || it.what === only);
  return (
    <Card title="History of policy changes" data-testid="policy-changes">
      {changes.length === 0 && (
        <Empty title="No policy has changed yet">
          A limit that moves by a fifth or more, a person's change and an alert
          are written here.
        </Empty>
      )}
      {what.length > 1 && (
        <div class="chips" role="group" aria-label="Only changes of">
          {[null, ...what].map((name) => (
            <Button
              key={name ?? "all"}
              pressed={only === name}
              onClick={() => setOnly(name)}
            >
              {name === null ? "All" : name.replaceAll("_", " ")}
            </Button>
          ))}
        </div>
      )}
      <ChangeHistory changes={shown} />
    </Card>
  );
}

const KEEP_WARM: readonly SortableColumn<KeepWarm>[] = [
  {
    key: "kind",
    label: "Kind",
    cell: ({ kind }) => kind,
    sort: ({ kind }) => kind,
  },
  {
    key: "keep",
    label: "Kept for",
    align: "end",
    title: "How long an idle worker that has the kind loaded is kept",
    cell: ({ keep_ms }) => duration(keep_ms),
    sort: ({ keep_ms }) => keep_ms,
  },
  {
    key: "gaps",
    label: "Gaps seen",
    align: "end",
    title: "Pauses between tasks of the kind that it rests on",
    cell: ({ gaps }) => count(gaps),
    sort: ({ gaps }) => gaps,
  },
  {
    key: "basis",
    label: "On what it rests",
    class: "wraps",
    cell: ({ basis }) => basisWords(basis),
    sort: ({ basis }) => basis,
  },
];
