/**
 * What those who listen are told: the whole and the workers once a second, tasks that changed at most
 * four times a second. While nobody listens nothing is looked at and no timer runs. Changes of this
 * server's tasks are told by the engine; what other servers did is found once a second, by the newest
 * outcomes and the newest tasks.
 */

import type { Database } from "bun:sqlite";
import type { AuditEntryView } from "../../monitoring/api/shared-views.ts";
import type {
  OverviewView,
  WorkersView,
} from "../../monitoring/api/overview-views.ts";
import type { TaskRowView } from "../../monitoring/api/task-views.ts";
import type { LiveEvent } from "../../monitoring/watch.ts";
import type { Env } from "../core/ports.ts";
import type { TaskId } from "../core/ids.ts";

const BEAT_MS = 1_000;
const FLUSH_MS = 250;
/** Told at once. */
const MOST = 200;
/** Remembered until they are told; of more only that there were. Half of them are forgotten at once: one by one would cost each change more. */
const MOST_REMEMBERED = 4_096;

export interface LiveFeedParts {
  readonly env: Pick<Env, "timer">;
  readonly raw: Database;
  readonly onTaskChanged: (listener: (id: TaskId) => void) => () => void;
  readonly overview: () => Promise<OverviewView>;
  readonly workers: () => Promise<WorkersView>;
  readonly rows: (ids: readonly string[]) => TaskRowView[];
}

type Listener = (event: LiveEvent) => void;

/** One after the other, until nobody listens. */
interface Beat {
  stop: () => void;
  isOver: boolean;
}

export class LiveFeed {
  readonly #parts: LiveFeedParts;
  readonly #listeners = new Set<Listener>();
  /** As they changed, the last one last. */
  #changed: string[] = [];
  #isMore = false;
  #stops: (() => void)[] = [];
  #stopFlush: (() => void) | undefined;
  /** Of the newest that were told of. */
  #outcome = 0;
  #task = 0;

  constructor(parts: LiveFeedParts) {
    this.#parts = parts;
  }

  /** Until the answer is called. */
  listen(listener: Listener): () => void {
    // One that is given twice is told twice.
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0)
        this.#end();
    };
  }

  /** A person asked something of the server. */
  audited(data: AuditEntryView): void {
    this.#tell({ type: "audit", data });
  }

  /** No listener hears anything any more. */
  stop(): void {
    this.#listeners.clear();
    this.#end();
  }

  #begin(): void {
    const { raw, onTaskChanged } = this.#parts;
    const last = newest(raw);
    this.#outcome = last.outcome;
    this.#task = last.task;
    const beat: Beat = { stop: () => {}, isOver: false };
    this.#stops = [
      onTaskChanged((id) => this.#note(id)),
      () => {
        beat.isOver = true;
        beat.stop();
      },
    ];
    this.#next(beat);
  }

  #next(beat: Beat): void {
    beat.stop = this.#parts.env.timer(BEAT_MS, () => void this.#run(beat));
  }

  async #run(beat: Beat): Promise<void> {
    await this.#beat();
    if (!beat.isOver) this.#next(beat);
  }

  #end(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#stopFlush?.();
    this.#stopFlush = undefined;
    this.#changed = [];
    this.#isMore = false;
  }

  /** Never rejects: the next one tries again. */
  async #beat(): Promise<void> {
    try {
      this.#lookElsewhere();
      this.#tell({ type: "workers", data: await this.#parts.workers() });
      this.#tell({ type: "overview", data: await this.#parts.overview() });
    } catch {
      // The store is gone or busy: health says so.
    }
  }

  /** Tasks that ended or came, whoever wrote it; of very many the newest. */
  #lookElsewhere(): void {
    const { raw } = this.#parts;
    const last = newest(raw);
    const since = (sql: string, from: number, to: number): void => {
      if (to <= from) return;
      const rows = raw
        .query<{ id: string }, [number, number]>(sql)
        .all(from, MOST + 1)
        .reverse();
      for (const { id } of rows) this.#note(id);
    };
    since(ENDED, this.#outcome, last.outcome);
    since(CAME, this.#task, last.task);
    this.#outcome = last.outcome;
    this.#task = last.task;
  }

  #note(id: string): void {
    if (this.#changed.push(id) > MOST_REMEMBERED) {
      this.#changed = this.#changed.slice(MOST_REMEMBERED / 2);
      this.#isMore = true;
    }
    this.#stopFlush ??= this.#parts.env.timer(FLUSH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#stopFlush = undefined;
    const ids = [...new Set(this.#changed.toReversed())].reverse();
    const more = this.#isMore || ids.length > MOST;
    this.#changed = [];
    this.#isMore = false;
    try {
      const changed = this.#parts.rows(ids.slice(-MOST));
      if (changed.length > 0 || more)
        this.#tell({ type: "tasks", data: { changed, more } });
    } catch {
      // As above; who listens is told with the next change that something is missing.
      this.#isMore = true;
    }
  }

  #tell(event: LiveEvent): void {
    for (const listener of [...this.#listeners])
      try {
        listener(event);
      } catch {
        // A listener that fails is its own affair.
      }
  }
}

const ENDED = `SELECT t.id FROM (SELECT seq, task_seq FROM outcomes WHERE seq > ? ORDER BY seq DESC LIMIT ?) o
  JOIN tasks t ON t.seq = o.task_seq ORDER BY o.seq DESC`;
const CAME = "SELECT id FROM tasks WHERE seq > ? ORDER BY seq DESC LIMIT ?";

const newest = (raw: Database): { outcome: number; task: number } =>
  raw
    .query<{ outcome: number; task: number }, []>(
      "SELECT coalesce((SELECT max(seq) FROM outcomes), 0) AS outcome, coalesce((SELECT max(seq) FROM tasks), 0) AS task",
    )
    .get() ?? { outcome: 0, task: 0 };
