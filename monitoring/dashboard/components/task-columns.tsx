/** What a row of the task list tells. */

import type { ComponentChildren } from "preact";
import type { TaskRowView } from "../../api/task-views.ts";
import { duration, UNKNOWN } from "../format.ts";
import { Link } from "../router.ts";
import { Badge } from "./badge.tsx";
import { Ago, Lasting } from "./time.tsx";

interface TaskColumn {
  readonly key: string;
  readonly label: string;
  readonly cls: string;
  readonly title?: string;
  readonly cell: (row: TaskRowView) => ComponentChildren;
}

export const TASK_COLUMNS: readonly TaskColumn[] = [
  {
    key: "state",
    label: "State",
    cls: "c-state",
    cell: ({ state }) => <Badge of={state} />,
  },
  {
    key: "kind",
    label: "Task",
    cls: "c-what",
    cell: ({ task_id, kind, title, error_code }) => (
      <>
        <Link href={`/ui/tasks/${encodeURIComponent(task_id)}`} title={task_id}>
          {title ?? kind}
        </Link>
        {title !== null && <span class="muted"> {kind}</span>}
        {error_code !== null && (
          <span class="error-code mono"> {error_code}</span>
        )}
      </>
    ),
  },
  {
    key: "id",
    label: "Id",
    cls: "c-id mono muted wide",
    // Ids begin with their time, which neighbours share.
    cell: ({ task_id }) => <span title={task_id}>{task_id.slice(-12)}</span>,
  },
  {
    key: "session",
    label: "Session",
    cls: "c-session muted widest",
    cell: ({ session }) => session ?? UNKNOWN,
  },
  {
    key: "where",
    label: "Where",
    cls: "c-where muted widest",
    title: "The tier it found and its worker, or who holds it",
    cell: ({ tier, worker, holder }) =>
      worker === null ? (holder ?? UNKNOWN) : `${tier ?? ""} ${worker}`,
  },
  {
    key: "attempt",
    label: "Try",
    cls: "num c-try wide",
    cell: ({ attempt }) =>
      attempt > 1 ? (
        <strong title="It was tried more than once">{attempt}</strong>
      ) : (
        attempt
      ),
  },
  {
    key: "wait",
    label: "Wait",
    cls: "num c-time wide",
    title: "From submission until a worker took it",
    cell: ({ wait_ms, state, submitted_at }) =>
      state === "queued" ? <Lasting since={submitted_at} /> : duration(wait_ms),
  },
  {
    key: "run",
    label: "Run",
    cls: "num c-time",
    title: "The task's own time",
    cell: ({ run_ms, state, started_at }) =>
      state === "running" ? <Lasting since={started_at} /> : duration(run_ms),
  },
  {
    key: "age",
    label: "Submitted",
    cls: "num c-age wide",
    cell: ({ submitted_at }) => <Ago at={submitted_at} />,
  },
];
