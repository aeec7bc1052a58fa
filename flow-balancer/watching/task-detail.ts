/** Everything that is known of one task, for one page. */

import type { Database } from "bun:sqlite";
import type {
  TaskDetailView,
  TaskRowView,
} from "../../monitoring/api/task-views.ts";
import { type ItemReads, prepareItemReads } from "../board/item-reads.ts";
import type { Linked, TaskDetails } from "../commands/task-details.ts";
import { type StoredText, unpackText } from "../codec/stored-text.ts";
import { toWireError } from "../core/errors.ts";
import type { HolderId, SessionId, TaskId } from "../core/ids.ts";
import { isTerminal, type TaskOutput, type TaskRecord } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import { TaskReader } from "../queue/task-reader.ts";
import { readArchived } from "../store-commands/read-archived.ts";
import { readTaskDetails } from "../store-commands/read-task-details.ts";
import { CUT_AT, maskedText, shownJson, shownOutput } from "./masked-text.ts";
import { attemptsOf, errorView } from "./task-attempts.ts";
import { decisionsOf } from "./task-decisions.ts";
import { rowsById, type Running } from "./task-rows.ts";
import { standingOf } from "./task-standing.ts";
import { usualOf } from "./task-outcomes.ts";
import type { Watched } from "./watch-parts.ts";
import { whyRuns, whySlow } from "./why-slow.ts";
import { whyWaits } from "./why-waits.ts";

/** Only such a name is worth a look into the archive, which is read from its end. */
const LIKE_AN_ID = /^task_[\w-]{8,64}$/;

/** A task as one store has it. */
interface Stored {
  readonly raw: Database;
  readonly row: TaskRowView;
  readonly record: TaskRecord;
  /** Null: what it was given or gave is damaged. */
  readonly details: TaskDetails | null;
  readonly damage: string | null;
}

export class TaskPages {
  readonly #watched: Watched;
  readonly #running: () => Running;
  #reads: ItemReads | undefined;

  constructor(watched: Watched, running: () => Running) {
    this.#watched = watched;
    this.#running = running;
  }

  /** Null: there is no such task, nor was there one that is archived. */
  async page(id: string): Promise<TaskDetailView | null> {
    const { store, config, env } = this.#watched;
    const stored = this.#read(store.raw, id);
    if (stored !== null) return this.#present(stored);
    if (!LIKE_AN_ID.test(id)) return null;
    return readArchived(config.home, id, env, (db) => {
      const archived = this.#read(db, id);
      if (archived === null) return null;
      const usual = usualOf(store.raw, archived.record.kind);
      return viewOf(archived, outputOf(db, id), [
        "it ended long ago and is in the archive",
        ...whySlow(archived.record, usual),
      ]);
    });
  }

  #read(raw: Database, id: string): Stored | null {
    const [row] = rowsById(raw, [id], this.#running());
    if (row === undefined) return null;
    try {
      const record = new TaskReader(raw).get(id as TaskId);
      if (record === null) return null;
      const details = readTaskDetails(raw, this.#watched.env, id);
      return { raw, row, record, details, damage: null };
    } catch (thrown) {
      return {
        raw,
        row,
        record: withoutTexts(row),
        details: null,
        damage: toWireError(thrown).message,
      };
    }
  }

  /** With what this process knows of one that it has: it may run, and not be written as such yet. */
  async #present(stored: Stored): Promise<TaskDetailView> {
    const { engine } = this.#watched;
    const { id } = stored.record;
    const output = await engine.output(id).catch(() => null);
    const live = engine.runsHere(id) ? await engine.get(id) : null;
    const record = live ?? stored.record;
    const { state, startedAt } = record;
    const row = { ...stored.row, state, started_at: startedAt };
    return viewOf({ ...stored, row, record }, output, this.#why(record));
  }

  #why(record: TaskRecord): string[] {
    const { store, pool, env } = this.#watched;
    const usual = usualOf(store.raw, record.kind);
    if (isTerminal(record.state)) return whySlow(record, usual);
    if (record.state === "running") {
      const worker = pool
        .status()
        .workers.find(({ task }) => task === record.id);
      return whyRuns(record, worker, usual, env.now());
    }
    const standing = standingOf(store.raw, record.id);
    if (standing === null) return ["it was archived just now"];
    const reads = (): ItemReads => (this.#reads ??= prepareItemReads(store));
    return whyWaits({ watched: this.#watched, reads }, standing, usual);
  }
}

function viewOf(
  { raw, row, record, details, damage }: Stored,
  output: TaskOutput | null,
  why: readonly string[],
): TaskDetailView {
  const error = details?.error ?? null;
  return {
    task: row,
    timeout_ms: record.timeoutMs,
    deadline_ms: record.deadlineMs,
    max_attempts: details?.maxAttempts ?? 1,
    cancel_asked: details?.cancelAsked ?? false,
    attempts: attemptsOf(raw, row, details?.attempts ?? [], error),
    after: (details?.after ?? []).map(linkView),
    dependants: (details?.dependants ?? []).map(linkView),
    input: shownJson(details?.inputJson ?? null),
    value: shownJson(details?.valueJson ?? null),
    error: errorView(error),
    output: output === null ? null : shownOutput(output.text),
    output_bytes: output?.bytesSeen ?? 0,
    cut_at_bytes: CUT_AT,
    why: (damage === null ? [...why] : [damage, ...why]).map(maskedText),
    decisions: decisionsOf(raw, row.task_id),
  };
}

const linkView = ({ id, on, state, title }: Linked) => ({
  task_id: id,
  on,
  state,
  title,
});

/** Of one whose texts are damaged. */
const withoutTexts = (row: TaskRowView): TaskRecord => ({
  id: row.task_id as TaskId,
  queue: row.queue,
  holder: row.holder as HolderId | null,
  kind: row.kind,
  inputJson: "null",
  session: row.session as SessionId | null,
  priority: row.priority,
  timeoutMs: null,
  deadlineMs: null,
  after: [],
  state: row.state,
  attempt: row.attempt,
  submittedAt: row.submitted_at as EpochMs,
  startedAt: row.started_at as EpochMs | null,
  settledAt: row.settled_at as EpochMs | null,
  execution: null,
  result: null,
});

function outputOf(db: Database, id: string): TaskOutput | null {
  const row = db
    .query<
      { text: StoredText; bytesSeen: number; truncated: number },
      [string]
    >(
      "SELECT text, bytes_seen AS bytesSeen, truncated FROM task_outputs WHERE task_id = ?",
    )
    .get(id);
  return row === null
    ? null
    : {
        ...row,
        text: unpackText(row.text, `what ${id} printed`),
        truncated: row.truncated === 1,
      };
}
