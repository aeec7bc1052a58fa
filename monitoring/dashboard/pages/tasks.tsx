/** All tasks: filtered on the server, scrolled without end, live, with actions for many at once. */

import { useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { BulkBar } from "../components/bulk-bar.tsx";
import { Empty, Loading } from "../components/empty.tsx";
import { ErrorNote } from "../components/error-note.tsx";
import { Page } from "../components/page.tsx";
import { QueryBar } from "../components/query-bar.tsx";
import { StateTabs } from "../components/state-tabs.tsx";
import { TaskTable } from "../components/task-table.tsx";
import { count } from "../format.ts";
import { gaps, onTasks, overview } from "../live.ts";
import { NOTHING_SELECTED, type Selection } from "../row-selection.ts";
import { navigate, route } from "../router.ts";
import { TaskList } from "../task-list.ts";
import {
  chipsOf,
  EMPTY_QUERY,
  filterOf,
  hrefOf,
  queryOf,
  type TaskQuery,
} from "../task-query.ts";

export function TasksPage(): VNode {
  const list = useMemo(() => new TaskList(), []);
  const selection = useSignal<Selection>(NOTHING_SELECTED);
  const query = queryOf(route.value.query);
  const asked = hrefOf(query);
  const again = gaps.value;
  useEffect(() => {
    selection.value = NOTHING_SELECTED;
  }, [asked, selection]);
  useEffect(() => {
    void list.open(filterOf(queryOf(route.peek().query), Date.now()));
    const stop = onTasks((event) => list.take(event));
    return () => {
      stop();
      list.close();
    };
  }, [asked, again, list]);
  useSignalEffect(() => {
    list.keep = selection.value.ids;
  });
  const total = list.total.value;
  const readOnly = overview.value?.read_only !== false;
  return (
    <Page
      title="Tasks"
      note={
        total !== null && (
          <span data-testid="total">
            {total.exact ? "" : "more than "}
            {count(total.n)} {total.n === 1 ? "task" : "tasks"}
          </span>
        )
      }
    >
      <QueryBar query={query} list={list} onQuery={show} />
      <StateTabs query={query} />
      {list.error.value !== null && (
        <ErrorNote
          error={list.error.value}
          retry={() => void list.open(filterOf(query, Date.now()))}
        />
      )}
      <Rows
        list={list}
        selection={selection}
        query={query}
        readOnly={readOnly}
      />
      {!readOnly && <BulkBar list={list} selection={selection} />}
    </Page>
  );
}

/** Typing leaves no trail of steps to go back through; a filter does. */
function show(query: TaskQuery, typing: boolean): void {
  navigate(hrefOf(query), { replace: typing });
}

function Rows({
  list,
  selection,
  query,
  readOnly,
}: {
  readonly list: TaskList;
  readonly selection: { value: Selection };
  readonly query: TaskQuery;
  readonly readOnly: boolean;
}): VNode | null {
  if (list.rows.value.length > 0)
    return <TaskTable list={list} selection={selection} readOnly={readOnly} />;
  if (list.loading.value)
    return (
      <div class="card flush">
        <Loading lines={10} />
      </div>
    );
  if (list.error.value !== null) return null;
  const filtered = chipsOf(query).length > 0 || query.text !== "";
  return (
    <div class="card">
      {filtered ? (
        <Empty title="No task fits this filter">
          <button
            type="button"
            class="button"
            onClick={() => show(EMPTY_QUERY, false)}
          >
            Show all tasks
          </button>
        </Empty>
      ) : (
        <Empty title="There are no tasks yet">
          They appear here as soon as an agent hands some over.
        </Empty>
      )}
    </div>
  );
}
