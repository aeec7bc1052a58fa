/** What `top` shows, read again and again: what ended is followed, what is learned of kinds is looked at now and then. */

import type { Database } from "bun:sqlite";
import {
  type HeldTask,
  type KindTerms,
  NEWEST,
  SHOWN,
  type TopFacts,
  WINDOW_MS,
} from "../commands/top/top-facts.ts";
import type { Config } from "../config.ts";
import { deadlineOptions } from "../config/deadline-options.ts";
import { toWireError } from "../core/errors.ts";
import type { EpochMs } from "../core/time.ts";
import { readDeadlines } from "../read-deadlines.ts";
import { openInstances, witnessOf } from "./read-instances.ts";
import { configOf, readStoreOrNull, type Where } from "./read-store.ts";
import { someTasks } from "./read-tasks.ts";
import {
  outcomesAfter,
  recentOutcomes,
  type SeenOutcome,
} from "./recent-outcomes.ts";
import { hasColumn, readRows } from "./rows.ts";
import { tasksByState } from "./status.ts";

/** What was learned of run times changes slowly, and is read from much. */
const LEARNED_EVERY_MS = 30_000;
/** Of outcomes at once; more is read the next time. */
const SLICE = 20_000;

type Read = Omit<TopFacts, "now" | "home" | "trouble">;

const NOTHING: Read = {
  instances: [],
  tasks: null,
  held: [],
  newest: [],
  board: [],
  terms: new Map(),
  ended: [],
};

export class TopReader {
  readonly #where: Where;
  readonly #home: string;
  #ended: SeenOutcome[] | null = null;
  #terms: ReadonlyMap<string, KindTerms> = new Map();
  #learnedAt = -Infinity;
  #last: Read = NOTHING;

  /** Throws INVALID_CONFIG. */
  constructor(where: Where) {
    this.#where = where;
    this.#home = configOf(where).home;
  }

  /** What cannot be read is said, beside what was read before. */
  read(): TopFacts {
    const now = this.#where.env.now();
    const around = { now, home: this.#home };
    try {
      this.#last =
        readStoreOrNull(this.#where, ({ db, config }) =>
          this.#readFrom(db, config, now),
        ) ?? NOTHING;
      return { ...around, ...this.#last, trouble: null };
    } catch (thrown) {
      return { ...around, ...this.#last, trouble: toWireError(thrown).message };
    }
  }

  #readFrom(db: Database, config: Config, now: EpochMs): Read {
    const { env } = this.#where;
    const isShared = hasColumn(db, "tasks", "queue");
    const part = (rest: string) =>
      isShared ? someTasks(db, env, `${rest} LIMIT ${SHOWN}`) : [];
    return {
      instances: openInstances(db, witnessOf(this.#where, config)),
      tasks: tasksByState(db),
      held: heldTasks(
        db,
        part("WHERE holder IS NOT NULL AND queue = 'pool' ORDER BY started_at"),
      ),
      newest: someTasks(db, env, `ORDER BY seq DESC LIMIT ${NEWEST}`).map(
        ({ view }) => view,
      ),
      board: [
        ...part("WHERE holder IS NOT NULL AND queue = 'board' ORDER BY seq"),
        ...part(
          "WHERE queue = 'board' AND state = 'queued' AND holder IS NULL AND pending = 0 AND due_boot IS NULL ORDER BY priority DESC, seq",
        ),
        ...part(
          "WHERE pending > 0 AND queue = 'board' AND state = 'queued' ORDER BY seq",
        ),
      ].map(({ view }) => view),
      terms: this.#termsOf(db, config, now),
      ended: this.#follow(db, now),
    };
  }

  #follow(db: Database, now: EpochMs): SeenOutcome[] {
    const since = (now - WINDOW_MS) as EpochMs;
    const known =
      this.#ended === null || this.#ended.length === 0
        ? recentOutcomes(db, since).reverse()
        : [
            ...this.#ended,
            ...outcomesAfter(db, this.#ended.at(-1)?.seq ?? 0, SLICE),
          ];
    this.#ended = known.filter(({ settledAt }) => settledAt >= since);
    return this.#ended;
  }

  #termsOf(
    db: Database,
    { learning, tasks, kinds }: Config,
    now: EpochMs,
  ): ReadonlyMap<string, KindTerms> {
    if (now - this.#learnedAt < LEARNED_EVERY_MS) return this.#terms;
    this.#learnedAt = now;
    const { learner } = readDeadlines(db, deadlineOptions(learning, tasks));
    const fixed = new Map(kinds.map((it) => [it.name, it.timeoutMs]));
    const isLearned = learning.deadlines === "learned";
    this.#terms = new Map(
      learner.summary().map(({ kind, p95Ms, limit }) => [
        kind,
        {
          p95Ms,
          limitMs:
            fixed.get(kind) ?? (isLearned ? limit.softMs : tasks.timeoutMs),
        },
      ]),
    );
    return this.#terms;
  }
}

function heldTasks(
  db: Database,
  seen: ReturnType<typeof someTasks>,
): HeldTask[] {
  const timeouts = new Map(
    readRows<{ seq: number; timeoutMs: number | null }>(
      db,
      "tasks",
      { seq: "seq", timeoutMs: "timeout_ms" },
      "WHERE seq IN (SELECT value FROM json_each(?))",
      [JSON.stringify(seen.map(({ seq }) => seq))],
    ).map(({ seq, timeoutMs }) => [seq, timeoutMs]),
  );
  return seen.map(({ seq, view }) => ({
    ...view,
    timeoutMs: timeouts.get(seq) ?? null,
  }));
}
