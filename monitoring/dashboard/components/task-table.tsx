/** The rows of the task list. Only those in view are there, so that a hundred thousand scroll as smoothly as ten. */

import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { offerRows } from "../keyboard.ts";
import { navigate } from "../router.ts";
import {
  MOST_SELECTED,
  NOTHING_SELECTED,
  type Selection,
  touch,
  touchAll,
} from "../row-selection.ts";
import { type RowWindow, rowWindow, scrollFor } from "../row-window.ts";
import type { TaskList } from "../task-list.ts";
import { TASK_COLUMNS } from "./task-columns.tsx";
import { TaskRow, taskHref } from "./task-row.tsx";

const ROW_PX = 28;
const OVERSCAN = 12;
/** The next page is fetched when so few rows are left below. */
const AHEAD = 200;

interface TaskTableProps {
  readonly list: TaskList;
  readonly selection: { value: Selection };
  readonly readOnly: boolean;
}

export function TaskTable({
  list,
  selection,
  readOnly,
}: TaskTableProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const shown = useSignal<RowWindow>({ first: 0, end: 48 });
  const cursor = useSignal<string | null>(null);
  const rows = list.rows.value;

  useKeepPlace(list, box);
  const look = useLook(list, box, shown);

  const select = (id: string, range: boolean): void => {
    const order = list.rows.peek().map(({ task_id }) => task_id);
    selection.value = touch(selection.value, id, { range, order });
  };
  const selectAll = (): void => {
    const order = list.rows.peek().map(({ task_id }) => task_id);
    selection.value = touchAll(selection.value, order);
  };
  useRowKeys({ list, box, cursor, select, selection, readOnly });

  const { first } = shown.value;
  const end = Math.min(shown.value.end, rows.length);
  const { ids } = selection.value;
  return (
    <div
      class="card task-scroll"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Tasks, newest first"
      data-testid="task-scroll"
      onScroll={look}
    >
      <table
        class="table tasks"
        aria-label="Tasks"
        // Not all of them are there, and how many there are changes.
        aria-rowcount={-1}
        data-testid="task-table"
      >
        <Head selected={ids.size} onSelectAll={readOnly ? null : selectAll} />
        <tbody>
          <Gap rows={first} />
          {rows.slice(first, end).map((row) => (
            <TaskRow
              key={row.task_id}
              row={row}
              selected={ids.has(row.task_id)}
              current={cursor.value === row.task_id}
              onSelect={readOnly ? null : select}
            />
          ))}
          <Gap rows={rows.length - end} />
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  readonly selected: number;
  /** null: nothing can be selected. */
  readonly onSelectAll: (() => void) | null;
}

const Head = ({ selected, onSelectAll }: HeadProps): VNode => (
  <thead>
    <tr>
      {onSelectAll !== null && (
        <th scope="col" class="pick">
          <input
            type="checkbox"
            aria-label={`Select the loaded tasks, at most ${MOST_SELECTED}`}
            title={`Select the loaded tasks, at most ${MOST_SELECTED}`}
            data-testid="select-all"
            checked={selected > 0}
            onChange={onSelectAll}
          />
        </th>
      )}
      {TASK_COLUMNS.map(({ key, label, cls, title }) => (
        <th key={key} scope="col" class={cls} title={title}>
          {label}
        </th>
      ))}
    </tr>
  </thead>
);

/** In place of rows that are not drawn. */
const Gap = ({ rows }: { readonly rows: number }): VNode | null =>
  rows <= 0 ? null : (
    <tr
      class="gap"
      aria-hidden="true"
      style={{ height: `${rows * ROW_PX}px` }}
    />
  );

/** Keeps to what is in view, and fetches what will be. */
function useLook(
  list: TaskList,
  box: { readonly current: HTMLDivElement | null },
  shown: Signal<RowWindow>,
): () => void {
  const rows = list.rows.value;
  const look = useCallback((): void => {
    const { scrollTop = 0, clientHeight = 800 } = box.current ?? {};
    const next = rowWindow({
      scrollTop,
      height: clientHeight,
      rowPx: ROW_PX,
      count: list.rows.peek().length,
      overscan: OVERSCAN,
    });
    list.inView = next;
    const old = shown.peek();
    if (old.first !== next.first || old.end !== next.end) shown.value = next;
    if (next.end + AHEAD > list.rows.peek().length) void list.more();
  }, [list]);
  useLayoutEffect(look, [rows, look]);
  useEffect(() => {
    const watcher = new ResizeObserver(look);
    if (box.current !== null) watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [look]);
  return look;
}

/** What comes in above must not push away what is being read. */
function useKeepPlace(
  list: TaskList,
  box: { readonly current: HTMLDivElement | null },
): void {
  const seen = useRef(list.addedAbove.peek());
  const added = list.addedAbove.value;
  const opened = list.opened.value;
  useLayoutEffect(() => {
    const more = added - seen.current;
    seen.current = added;
    if (more > 0 && box.current !== null && box.current.scrollTop > 0)
      box.current.scrollTop += more * ROW_PX;
  }, [added, box]);
  useLayoutEffect(() => {
    if (box.current !== null) box.current.scrollTop = 0;
  }, [opened, box]);
}

function useRowKeys({
  list,
  box,
  cursor,
  select,
  selection,
  readOnly,
}: {
  readonly list: TaskList;
  readonly box: { readonly current: HTMLDivElement | null };
  readonly cursor: { value: string | null; peek: () => string | null };
  readonly select: (id: string, range: boolean) => void;
  readonly selection: { value: Selection };
  readonly readOnly: boolean;
}): void {
  useEffect(() => {
    const indexOf = (): number =>
      list.rows.peek().findIndex(({ task_id }) => task_id === cursor.peek());
    return offerRows({
      move: (by) => {
        const rows = list.rows.peek();
        const at = indexOf();
        const to = at < 0 ? list.inView.first : at + by;
        const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
        if (row === undefined || box.current === null) return;
        cursor.value = row.task_id;
        box.current.scrollTop = scrollFor(rows.indexOf(row), {
          scrollTop: box.current.scrollTop,
          // The heading stays above the rows.
          height: box.current.clientHeight - ROW_PX,
          rowPx: ROW_PX,
        });
      },
      open: () => {
        const id = cursor.peek();
        if (id !== null) navigate(taskHref(id));
      },
      ...(!readOnly && {
        select: () => {
          const id = cursor.peek();
          if (id !== null) select(id, false);
        },
      }),
      leave: () => {
        const was = cursor.peek() !== null || selection.value.ids.size > 0;
        selection.value = NOTHING_SELECTED;
        cursor.value = null;
        return was;
      },
    });
  }, [list, readOnly]);
  useSignalEffect(() => {
    if (cursor.value === null) return;
    requestAnimationFrame(() =>
      box.current
        ?.querySelector<HTMLElement>('tr[data-current="true"]')
        ?.focus({ preventScroll: true }),
    );
  });
}
