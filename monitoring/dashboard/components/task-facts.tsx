/** What is known of a task beside its time: its terms, its place, and the tasks it hangs together with. */

import type { ComponentChildren, VNode } from "preact";
import type { TaskDetailView } from "../../api/task-views.ts";
import { duration, UNKNOWN } from "../format.ts";
import { Link } from "../router.ts";
import { Badge } from "./badge.tsx";
import { Card } from "./card.tsx";
import { taskHref } from "./task-row.tsx";
import { Ago } from "./time.tsx";

export function TaskFacts({
  detail,
}: {
  readonly detail: TaskDetailView;
}): VNode {
  const { task, timeout_ms, deadline_ms, max_attempts } = detail;
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    ["Kind", <Filter of="kind" value={task.kind} />],
    ["Session", <Filter of="session" value={task.session} />],
    ["Worker", <Filter of="worker" value={task.worker} />],
    ["Tier it found", task.tier === null ? UNKNOWN : <Badge of={task.tier} />],
    ["Held by", task.holder ?? UNKNOWN],
    ["Queue", task.queue],
    ["Priority", task.priority],
    ["Tries", `${task.attempt} of at most ${max_attempts}`],
    ["Longest run", duration(timeout_ms)],
    [
      "Deadline",
      deadline_ms === null
        ? UNKNOWN
        : `${duration(deadline_ms)} after submission`,
    ],
    ["Submitted", <Ago at={task.submitted_at} />],
    ["Started", <Ago at={task.started_at} />],
    ["Ended", <Ago at={task.settled_at} />],
  ];
  return (
    <Card title="Facts" data-testid="facts">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

const Filter = ({
  of,
  value,
}: {
  readonly of: "kind" | "session" | "worker";
  readonly value: string | null;
}): VNode =>
  value === null ? (
    <span>{UNKNOWN}</span>
  ) : (
    <Link href={`/ui/tasks?${of}=${encodeURIComponent(value)}`}>{value}</Link>
  );

type Linked = TaskDetailView["after"][number];

export function TaskLinks({
  detail,
}: {
  readonly detail: TaskDetailView;
}): VNode {
  return (
    <div class="grid two">
      <LinkCard title="Comes after" tasks={detail.after} />
      <LinkCard title="Waited for by" tasks={detail.dependants} />
    </div>
  );
}

function LinkCard({
  title,
  tasks,
}: {
  readonly title: string;
  readonly tasks: readonly Linked[];
}): VNode | null {
  if (tasks.length === 0) return null;
  return (
    <Card
      title={title}
      flush
      aside={tasks.length}
      data-testid={title === "Comes after" ? "after" : "dependants"}
    >
      <ul class="lines">
        {tasks.map((it) => (
          <li key={it.task_id}>
            {it.state !== null && <Badge of={it.state} />}
            <span class="words">
              <Link href={taskHref(it.task_id)}>{it.title ?? it.task_id}</Link>
            </span>
            <span class="muted nowrap">on {it.on}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
