/**
 * Keeps the database as large as what is asked of it. Ended tasks that are old, or too many, move to
 * the archive in small batches: written and synced there first, deleted after, so that a crash between
 * the two leaves a task in both, which is harmless, and never in neither. An idempotency key is
 * remembered for as long as its task is in the database. Old events and decisions, audit entries beyond
 * those that are kept, and the outcomes that no learner reads any more, are deleted. One process does it at a time, and rests four times as long as it works.
 */

import type { Env } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";
import { appendToArchive, pruneArchive } from "./archive-file.ts";
import type { Store } from "./database.ts";
import { type Due, EndedTasks } from "./ended-tasks.ts";
import { Pace } from "./pace.ts";
import {
  pruneAudit,
  pruneDecisions,
  pruneEvents,
  pruneLearned,
  pruneOutcomes,
  shrink,
} from "./prune.ts";
import { RetentionLease } from "./retention-lease.ts";

const DAY_MS = 86_400_000;

export interface RetentionSettings {
  /** Ended tasks, events and decisions stay for so many ms. */
  readonly keepMs: number;
  /** At most so many ended tasks stay, the newest. */
  readonly keepTasks: number;
  /** What ended within the last so many ms stays in any case: somebody may be about to read it. */
  readonly quietMs: number;
  /** Moved in one go: 100 hold the event loop for 1 to 2 ms at a time, 500 for up to 20. */
  readonly batchTasks: number;
  /** Outcomes of each kind. */
  readonly keepOutcomes: number;
  /** At most so many decisions stay, the newest: each takes about 1 kB. */
  readonly keepDecisions: number;
  /** At most so many entries of the audit log stay, the newest, however old. */
  readonly keepAudit: number;
  /** Archive files older than so many months, this one not counted, are deleted; and the oldest beyond so many bytes. */
  readonly archiveMonths: number;
  readonly archiveBytes: number;
}

const DEFAULTS: RetentionSettings = {
  keepMs: 30 * DAY_MS,
  keepTasks: 200_000,
  quietMs: 600_000,
  batchTasks: 100,
  keepOutcomes: 10_000,
  keepDecisions: 50_000,
  keepAudit: 10_000,
  archiveMonths: 12,
  archiveBytes: 2_147_483_648,
};

export interface RetentionReport {
  /** Tasks that moved. */
  readonly archived: number;
  readonly outcomes: number;
  readonly decisions: number;
  readonly events: number;
  readonly audit: number;
  readonly archiveFiles: number;
}

/** Where batches go. */
export type Append = typeof appendToArchive;

export interface RetentionOptions {
  readonly store: Store;
  readonly env: Env;
  readonly home: string;
  readonly settings?: Partial<RetentionSettings>;
  /** A failure of the background; the next beat tries again. */
  readonly onError?: (thrown: unknown) => void;
  readonly append?: Append;
}

const FIRST_BEAT_MS = 5_000;
const BEAT_MS = 60_000;
/** A file is not continued beyond. */
const FILE_BYTES = 67_108_864;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #settings: RetentionSettings;
  readonly #ended: EndedTasks;
  readonly #lease: RetentionLease;
  #cancelTimer: (() => void) | undefined;
  #pace: Pace | undefined;
  #running: Promise<RetentionReport | null> | undefined;
  #isStopped = false;
  /** The present archive file must not be written to any more. */
  #mustRoll = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#settings = { ...DEFAULTS, ...options.settings };
    this.#ended = new EndedTasks(options.store);
    this.#lease = new RetentionLease(options.store, options.env);
  }

  start(): void {
    this.#beat(FIRST_BEAT_MS);
  }

  /** Resolves once the piece under way is done; the rest is left to whoever comes next. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#pace?.stop();
    await this.#running?.catch(() => null);
  }

  /** All that is due now, without a rest; null if another process is at it. */
  runOnce(): Promise<RetentionReport | null> {
    return this.#once({ rests: false });
  }

  #beat(ms: number): void {
    this.#cancelTimer = this.#options.env.timer(ms, () => {
      void this.#once({ rests: true })
        .catch((thrown: unknown) => this.#options.onError?.(thrown))
        .then(() => {
          if (!this.#isStopped) this.#beat(BEAT_MS);
        });
    });
  }

  #once(how: { readonly rests: boolean }): Promise<RetentionReport | null> {
    this.#running ??= this.#run(how).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(how: {
    readonly rests: boolean;
  }): Promise<RetentionReport | null> {
    if ((await this.#take()) === null) return null;
    const { store, env, home } = this.#options;
    const { keepMs, keepOutcomes, keepDecisions, keepAudit, archiveBytes } =
      this.#settings;
    const pace = (this.#pace = new Pace(env, how));
    try {
      const archived = await this.#archive(pace);
      const outcomes = await pruneOutcomes(store, keepOutcomes, pace);
      const before = env.now() - keepMs;
      const events = await pruneEvents(store, before, pace);
      const decisions = await pruneDecisions(
        store,
        { before, keep: keepDecisions },
        pace,
      );
      const audit = await pruneAudit(store, keepAudit, pace);
      await pruneLearned(store, before);
      await shrink(store, pace);
      const archiveFiles = await pruneArchive(home, {
        oldest: this.#oldestMonth(env.now()),
        maxBytes: archiveBytes,
      });
      return { archived, outcomes, decisions, events, audit, archiveFiles };
    } finally {
      // If it cannot be let go, the next one waits until it has run out.
      await this.#lease.release(this.#mustRoll).catch(() => {});
    }
  }

  /** The archive file to write to; null while pruning is another process's business. */
  async #take(): Promise<number | null> {
    const file = await this.#lease.take(this.#mustRoll);
    if (file !== null) this.#mustRoll = false;
    return file;
  }

  async #archive(pace: Pace): Promise<number> {
    let archived = 0;
    for (let after: number | null = 0; after !== null && !pace.isStopped;) {
      const from: number = after;
      const { next, moved } = await pace.step(() => this.#moveBatch(from));
      archived += moved;
      after = next;
    }
    return archived;
  }

  async #moveBatch(
    after: number,
  ): Promise<{ readonly next: number | null; readonly moved: number }> {
    const { store, env, home, append = appendToArchive } = this.#options;
    const { seqs, next } = this.#ended.pick(after, this.#due(env.now()));
    if (seqs.length === 0) return { next, moved: 0 };
    const file = await this.#take();
    if (file === null) return { next: null, moved: 0 };
    const batch = this.#ended.read(seqs);
    // Until it is known to be whole, it counts as torn.
    this.#mustRoll = true;
    const size = await append(home, batch, { at: env.now(), number: file });
    this.#mustRoll = size >= FILE_BYTES;
    // Whoever lost the lease meanwhile does no harm: what it has archived may be deleted, if it is as it was.
    const moved = await store.commit.write(() => this.#ended.remove(batch));
    return { next, moved };
  }

  #due(now: EpochMs): Due {
    const { keepMs, keepTasks, quietMs, batchTasks } = this.#settings;
    return {
      endedBefore: now - keepMs,
      quietSince: now - quietMs,
      keepTasks,
      batchTasks,
    };
  }

  #oldestMonth(now: EpochMs): string {
    const month = new Date(now);
    // From the first of it: there is not a 31st in every month.
    month.setUTCDate(1);
    month.setUTCMonth(month.getUTCMonth() - this.#settings.archiveMonths);
    return month.toISOString().slice(0, 7);
  }
}
