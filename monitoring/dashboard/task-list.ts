/** The list of tasks under one filter: page after page from the server, live changes merged in. */

import { signal } from "@preact/signals";
import type {
  TaskFilter,
  TaskListView,
  TaskRowView,
} from "../api/task-views.ts";
import { getJson } from "./api.ts";
import { hold, mergeRows, NOTHING_HELD, type TasksEvent } from "./live-rows.ts";
import { searchOf } from "./task-query.ts";

const FIRST_PAGE = 100;
const PAGE = 500;
/** Between two changes of what is on show. */
const FLUSH_MS = 500;
/** Between two looks at what the stream left out. */
const REFRESH_MS = 1_500;

export class TaskList {
  readonly rows = signal<readonly TaskRowView[]>([]);
  readonly total = signal<{ n: number; exact: boolean } | null>(null);
  readonly loading = signal(true);
  readonly error = signal<Error | null>(null);
  /** Rows that came in above since the list was opened; the view keeps its place by it. */
  readonly addedAbove = signal(0);
  /** Rows that stay though the filter no longer lets them through. */
  keep: ReadonlySet<string> = new Set();
  /** Counts how often the list began anew. */
  readonly opened = signal(0);
  /** The rows in view. */
  inView = { first: 0, end: 0 };

  #filter: TaskFilter = {};
  #next: number | null = null;
  #turn = 0;
  #fetching = false;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #waiting = NOTHING_HELD;

  get complete(): boolean {
    return this.#next === null && !this.loading.value;
  }

  /** Begins anew; what was shown stays until the answer is there. */
  async open(filter: TaskFilter): Promise<void> {
    const mine = ++this.#turn;
    this.#filter = filter;
    this.#waiting = NOTHING_HELD;
    this.loading.value = true;
    try {
      const page = await this.#fetch({ ...filter, limit: FIRST_PAGE });
      if (mine !== this.#turn) return;
      this.rows.value = page.tasks;
      this.total.value = { n: page.total, exact: page.total_is_exact };
      this.#next = page.next;
      this.#fetching = false;
      this.addedAbove.value = 0;
      this.opened.value++;
      this.error.value = null;
    } catch (error) {
      if (mine !== this.#turn) return;
      this.error.value = error as Error;
    }
    this.loading.value = false;
    this.#flush();
  }

  /** The next page, once at a time. */
  async more(): Promise<void> {
    if (this.#next === null || this.#fetching || this.loading.value) return;
    const mine = this.#turn;
    this.#fetching = true;
    try {
      const page = await this.#fetch({
        ...this.#filter,
        before: this.#next,
        limit: PAGE,
      });
      if (mine !== this.#turn) return;
      const oldest = this.rows.value.at(-1)?.seq ?? Number.POSITIVE_INFINITY;
      this.rows.value = [
        ...this.rows.value,
        ...page.tasks.filter(({ seq }) => seq < oldest),
      ];
      this.#next = page.next;
      this.error.value = null;
    } catch (error) {
      if (mine === this.#turn) this.error.value = error as Error;
    }
    if (mine === this.#turn) this.#fetching = false;
  }

  /** The first of a burst shows at once, the rest together. */
  take(event: TasksEvent): void {
    this.#waiting = hold(this.#waiting, event);
    // What changed while a page was on its way is put onto it.
    if (this.loading.value || this.#flushTimer !== undefined) return;
    this.#flush();
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined;
      this.#flush();
    }, FLUSH_MS);
  }

  #flush(): void {
    const { rows, more } = this.#waiting;
    this.#waiting = NOTHING_HELD;
    this.#merge([...rows.values()]);
    if (more) this.#refreshSoon();
  }

  close(): void {
    this.#turn++;
    clearTimeout(this.#refreshTimer);
    clearTimeout(this.#flushTimer);
    this.#refreshTimer = this.#flushTimer = undefined;
    this.#waiting = NOTHING_HELD;
  }

  #merge(changed: readonly TaskRowView[]): void {
    const before = this.rows.value;
    const { rows, added, removed } = mergeRows(before, changed, this.#filter, {
      complete: this.complete,
      keep: this.keep,
    });
    if (rows === before) return;
    this.rows.value = rows;
    const total = this.total.value;
    if (total !== null && added !== removed)
      this.total.value = {
        n: Math.max(rows.length, total.n + added - removed),
        exact: total.exact,
      };
    if (added > removed) this.addedAbove.value += added - removed;
  }

  /** More changed than the stream told: looks again at the rows in view. */
  #refreshSoon(): void {
    this.#refreshTimer ??= setTimeout(() => {
      this.#refreshTimer = undefined;
      void this.#refresh();
    }, REFRESH_MS);
  }

  async #refresh(): Promise<void> {
    const mine = this.#turn;
    const { first, end } = this.inView;
    const top = this.rows.value[first];
    const limit = Math.min(PAGE, Math.max(50, end - first));
    try {
      const page = await this.#fetch({
        ...this.#filter,
        limit,
        ...(first > 0 && top !== undefined && { before: top.seq + 1 }),
      });
      if (mine !== this.#turn) return;
      this.#merge(page.tasks);
      if (first === 0)
        this.total.value = { n: page.total, exact: page.total_is_exact };
    } catch {
      // The stream says when the server is gone.
    }
  }

  /** A page may be empty and not the last: the server looks at only so many tasks in one call. */
  async #fetch(filter: TaskFilter): Promise<TaskListView> {
    const mine = this.#turn;
    let page = await getJson<TaskListView>(`tasks?${searchOf(filter)}`);
    while (
      page.tasks.length === 0 &&
      page.next !== null &&
      mine === this.#turn
    ) {
      const { total, total_is_exact } = page;
      page = {
        ...(await getJson<TaskListView>(
          `tasks?${searchOf({ ...filter, before: page.next })}`,
        )),
        total,
        total_is_exact,
      };
    }
    return page;
  }
}
