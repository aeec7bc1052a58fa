/** One task: why first, then its time, what went in and came out, what was decided, and what it hangs on. */

import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { TaskDetailView } from "../../api/task-views.ts";
import { ApiFailure, getJson } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { DecisionsTable } from "../components/decisions-table.tsx";
import { Empty, Loading } from "../components/empty.tsx";
import { ErrorNote } from "../components/error-note.tsx";
import { Page } from "../components/page.tsx";
import { TaskFacts, TaskLinks } from "../components/task-facts.tsx";
import { TextBlock } from "../components/text-block.tsx";
import { WaterfallCard } from "../components/waterfall.tsx";
import { bytes } from "../format.ts";
import { onTasks, overview } from "../live.ts";
import { Link } from "../router.ts";
import { actOnTasks } from "../task-actions.ts";
import { useResource } from "../use-resource.ts";

/** While it goes on its text grows, which no event tells. */
const EVERY_MS = 3_000;
const SOON_MS = 250;

export function TaskPage({ id }: { readonly id: string }): VNode {
  const { data, error, reload } = useResource<TaskDetailView>(
    () => getJson(`tasks/${encodeURIComponent(id)}`),
    { key: id },
  );
  const isOpen = data !== null && data.task.settled_at === null;
  useReloads(id, isOpen, reload);
  const missing = error instanceof ApiFailure && error.status === 404;
  return (
    <Page
      title={data === null ? "Task" : (data.task.title ?? data.task.kind)}
      note={
        data !== null && (
          <span class="task-note">
            <Badge of={data.task.state} />
            <span class="mono" data-testid="task-id">
              {data.task.task_id}
            </span>
          </span>
        )
      }
      actions={data !== null && <Actions detail={data} then={reload} />}
    >
      <nav aria-label="Where this is" class="crumbs">
        <Link href="/ui/tasks">Tasks</Link>
      </nav>
      {missing && (
        <div class="card">
          <Empty title="There is no such task">
            It may be of another home, or its record was removed long after it
            ended.
          </Empty>
        </div>
      )}
      {error !== null && !missing && <ErrorNote error={error} retry={reload} />}
      {data === null && error === null && <Loading lines={10} />}
      {data !== null && <Detail detail={data} />}
    </Page>
  );
}

/** When the stream names it, and now and then while it goes on. */
function useReloads(id: string, isOpen: boolean, reload: () => void): void {
  const soon = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const stop = onTasks(({ changed }) => {
      if (!changed.some(({ task_id }) => task_id === id)) return;
      soon.current ??= setTimeout(() => {
        soon.current = undefined;
        reload();
      }, SOON_MS);
    });
    return () => {
      stop();
      clearTimeout(soon.current);
      soon.current = undefined;
    };
  }, [id, reload]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen, reload]);
}

function Actions({
  detail: { task, cancel_asked },
  then,
}: {
  readonly detail: TaskDetailView;
  readonly then: () => void;
}): VNode | null {
  if (overview.value?.read_only !== false) return null;
  const run = async (action: "cancel" | "retry"): Promise<void> => {
    await actOnTasks(action, [task.task_id]);
    then();
  };
  if (task.settled_at === null)
    return (
      <Button
        kind="danger"
        disabled={cancel_asked}
        data-testid="cancel"
        onClick={() => run("cancel")}
      >
        {cancel_asked ? "Cancelling …" : "Cancel"}
      </Button>
    );
  return task.state === "completed" ? null : (
    <Button data-testid="retry" onClick={() => run("retry")}>
      Retry
    </Button>
  );
}

function Detail({ detail }: { readonly detail: TaskDetailView }): VNode {
  const { why, error, decisions, after, dependants } = detail;
  return (
    <>
      <Card title="Why" data-testid="why">
        <ul class="why">
          {why.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {error !== null && (
          <div class="attempt-error" data-testid="task-error">
            <span class="mono">{error.code}</span> {error.message}
            {error.hint !== null && <p class="muted">{error.hint}</p>}
          </div>
        )}
      </Card>
      <WaterfallCard detail={detail} />
      <div class="grid two">
        <TaskFacts detail={detail} />
        <Card title="What went in and came out" data-testid="texts">
          <Texts detail={detail} />
        </Card>
      </div>
      {decisions.length > 0 && <DecisionsTable decisions={decisions} />}
      {after.length + dependants.length > 0 && <TaskLinks detail={detail} />}
    </>
  );
}

function Texts({ detail }: { readonly detail: TaskDetailView }): VNode {
  const { input, value, output, output_bytes, cut_at_bytes } = detail;
  const cut = (text: string | null): string | null =>
    text !== null && new Blob([text]).size >= cut_at_bytes
      ? `cut at ${bytes(cut_at_bytes)}`
      : null;
  const shownOutput = output === null ? 0 : new Blob([output]).size;
  return (
    <>
      <TextBlock
        title="Input"
        text={input}
        json
        note={cut(input)}
        data-testid="input"
      />
      <TextBlock
        title="Value"
        text={value}
        json
        open
        note={cut(value)}
        data-testid="value"
      />
      <TextBlock
        title="Output"
        text={output}
        open
        note={
          output_bytes > shownOutput
            ? `the end of ${bytes(output_bytes)}`
            : null
        }
        data-testid="output"
      />
    </>
  );
}
