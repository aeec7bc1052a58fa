/** The read side of a server: what it knows of itself, its tasks and its home, for who watches. See monitoring/watch.ts. */

import type { AuditEntryView } from "../../monitoring/api/shared-views.ts";
import type { TaskFilter } from "../../monitoring/api/task-views.ts";
import type { LiveEvent, Watch } from "../../monitoring/watch.ts";
import { BoardPages } from "./board-pages.ts";
import { instancesOf } from "./instance-views.ts";
import { learningOf } from "./learning-views.ts";
import { LiveFeed } from "./live-feed.ts";
import { LoadSamples } from "./load-samples.ts";
import { OutcomeWindow } from "./outcome-window.ts";
import { overviewOf, seriesOf } from "./overview.ts";
import { QueueDepth } from "./queue-depth.ts";
import { sessionsOf } from "./session-views.ts";
import { TaskPages } from "./task-detail.ts";
import { TaskList } from "./task-list.ts";
import { rowsById, type Running } from "./task-rows.ts";
import { timeoutsOf } from "./timeout-views.ts";
import { type Watched, watchedBy, type WatchParts } from "./watch-parts.ts";
import { WorkerViews } from "./worker-views.ts";

export class LocalWatch implements Watch {
  readonly #watched: Watched;
  readonly #window: OutcomeWindow;
  readonly #queue: QueueDepth;
  readonly #samples: LoadSamples;
  readonly #workers: WorkerViews;
  readonly #list: TaskList;
  readonly #pages: TaskPages;
  readonly #board: BoardPages;
  readonly #feed: LiveFeed;

  constructor(parts: WatchParts) {
    const watched = watchedBy(parts);
    const { env, store, queue, pool, engine } = watched;
    const { raw } = store;
    const running = (): Running => runningOn(watched);
    this.#watched = watched;
    this.#window = new OutcomeWindow(raw, () => env.now());
    this.#queue = new QueueDepth(raw);
    this.#samples = new LoadSamples({
      env,
      look: () => ({ depth: this.#queue.depth(), busy: pool.status().busy }),
    });
    this.#workers = new WorkerViews(watched);
    this.#list = new TaskList({
      raw,
      env,
      running,
      counts: () => queue.counts(),
    });
    this.#pages = new TaskPages(watched, running);
    this.#board = new BoardPages(watched);
    this.#feed = new LiveFeed({
      env,
      raw,
      onTaskChanged: (listener) => engine.onTaskChanged(listener),
      overview: () => this.overview(),
      workers: () => this.workers(),
      rows: (ids) => rowsById(raw, ids, running()),
    });
  }

  /** From now on the queue and the workers are looked at every 5 s, for the charts: 20 us each time. */
  start(): void {
    this.#samples.start();
  }

  /** Before the store is closed. */
  stop(): void {
    this.#samples.stop();
    this.#feed.stop();
  }

  /** For who writes the audit log: it is told to those who listen. */
  audited(entry: AuditEntryView): void {
    this.#feed.audited(entry);
  }

  overview() {
    return overviewOf({
      watched: this.#watched,
      window: this.#window,
      queue: this.#queue,
    });
  }

  series(minutes: number) {
    return seriesOf(minutes, () => this.#watched.env.now(), {
      window: this.#window,
      samples: this.#samples,
    });
  }

  health() {
    return this.#watched.ports.health();
  }

  workers() {
    return this.#workers.view();
  }

  tasks(filter: TaskFilter) {
    return this.#list.page(filter);
  }

  task(id: string) {
    return this.#pages.page(id);
  }

  async board() {
    return this.#board.view();
  }

  async sessions() {
    return sessionsOf(this.#watched);
  }

  async instances() {
    return instancesOf(this.#watched);
  }

  timeouts() {
    return timeoutsOf(this.#watched);
  }

  learning() {
    return learningOf(this.#watched);
  }

  async audit() {
    return this.#watched.ports.audit();
  }

  listen(listener: (event: LiveEvent) => void): () => void {
    return this.#feed.listen(listener);
  }
}

const runningOn = ({ pool }: Watched): Running =>
  new Map(
    pool
      .status()
      .workers.flatMap(({ id, task }) => (task === null ? [] : [[task, id]])),
  );
