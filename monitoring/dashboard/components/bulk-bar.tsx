/** What can be done to the selected tasks: one request, one summary; what failed stays selected. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { MOST_SELECTED, type Selection } from "../row-selection.ts";
import { actOnTasks, type TaskAction } from "../task-actions.ts";
import type { TaskList } from "../task-list.ts";
import { Button } from "./button.tsx";

interface BulkBarProps {
  readonly list: TaskList;
  readonly selection: { value: Selection };
}

export function BulkBar({ list, selection }: BulkBarProps): VNode | null {
  const busy = useSignal(false);
  const { ids } = selection.value;
  if (ids.size === 0) return null;
  const states = new Map(
    list.rows.value
      .filter(({ task_id }) => ids.has(task_id))
      .map(({ task_id, state }) => [task_id, state]),
  );
  const open = [...states.values()].filter(
    (state) => state === "queued" || state === "running",
  ).length;
  const run = async (action: TaskAction): Promise<void> => {
    busy.value = true;
    const failed = await actOnTasks(action, [...ids]);
    busy.value = false;
    selection.value = { ids: new Set(failed), anchor: null };
  };
  return (
    <div
      class="bulk"
      role="region"
      aria-label="Selected tasks"
      data-testid="bulk"
    >
      <strong>{ids.size} selected</strong>
      {ids.size >= MOST_SELECTED && (
        <span class="muted">as many as go at once</span>
      )}
      <Button
        kind="danger"
        disabled={busy.value || open === 0}
        data-testid="bulk-cancel"
        onClick={() => run("cancel")}
      >
        Cancel {open > 0 ? open : ""}
      </Button>
      <Button
        disabled={busy.value || open === states.size}
        data-testid="bulk-retry"
        onClick={() => run("retry")}
      >
        Retry {states.size - open > 0 ? states.size - open : ""}
      </Button>
      <Button
        kind="quiet"
        onClick={() => {
          selection.value = { ids: new Set(), anchor: null };
        }}
      >
        Clear
      </Button>
    </div>
  );
}
