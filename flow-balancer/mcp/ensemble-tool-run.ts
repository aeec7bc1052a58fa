/** Runs the attempts of one ensemble: starts those the policy names, checks what they bring, cancels the rest once it is settled. */

import type { Engine, Submission } from "../core/engine.ts";
import type {
  EnsembleAnswer,
  EnsembleProgress,
  EnsembleRun,
  SeatResult,
} from "../core/ensemble.ts";
import type { JsonValue } from "../core/json.ts";
import { failed } from "./batch-submission.ts";
import type { Check, Checked } from "./ensemble-tool-check.ts";
import type { Seat } from "./ensemble-tool-input.ts";
import { cancelQuietly } from "./run-tools.ts";
import { taskAnswer, type TaskAnswer } from "./task-answer.ts";

/** One that was started. */
export interface Attempt {
  readonly seat: number;
  readonly submission: Submission | null;
  /** Null: it runs, or it is being cancelled. */
  readonly ended: TaskAnswer | null;
  readonly checked: Checked | null;
}

export interface EnsembleEnd {
  readonly answer: EnsembleAnswer;
  /** Why some were not needed; null: all were. */
  readonly settled: string | null;
}

export interface AttemptsOptions {
  readonly engine: Engine;
  readonly seats: readonly Seat[];
  readonly run: EnsembleRun;
  /** Null: there is none. */
  readonly check: Check | null;
  readonly log: (text: string) => void;
  readonly onProgress: (ended: number) => void;
}

export class Attempts {
  /** By seat. */
  readonly started = new Map<number, Attempt>();
  readonly #options: AttemptsOptions;
  readonly #results: SeatResult[] = [];
  readonly #failed: number[] = [];
  readonly #running = new Set<number>();
  /** Tasks under way, those of checks included. */
  readonly #tasks = new Set<Submission>();
  #wake = Promise.withResolvers<void>();
  /** Somebody else than the call that made it knows of it. */
  #isTold = false;
  #isNew = false;
  /** What ends from now on comes too late to count. */
  #isOver = false;
  /** Nobody wants the answer. */
  #isStopped = false;
  /** What runs from now on are checks of the answer itself. */
  #isConcluding = false;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** Null: it was stopped before there was an answer. Called once. */
  async toEnd(): Promise<EnsembleEnd | null> {
    const { run } = this.#options;
    let settled: string | null = null;
    while (!this.#isOver) {
      const step = run.next(this.#progress());
      settled = step.settled;
      if (settled !== null) break;
      for (const seat of step.start) this.#start(seat);
      if (this.#running.size === 0) break;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    if (this.#isOver) return null;
    const progress = this.#progress();
    this.#end();
    const proposals = run.proposals(progress);
    this.#isConcluding = proposals.length > 0;
    const scores: (number | null)[] = [];
    for (const { value } of proposals)
      if (!this.#isStopped) scores.push((await this.#checked(value)).score);
    return this.#isStopped
      ? null
      : { answer: run.conclude(progress, scores), settled };
  }

  /** Nothing more is started, and what runs is cancelled. */
  stop(): void {
    this.#isStopped = true;
    this.#end();
    this.#wake.resolve();
  }

  /** What runs is cancelled. */
  #end(): void {
    this.#isOver = true;
    for (const submission of this.#tasks) this.#cancel(submission);
  }

  #cancel({ task, isNew }: Submission): void {
    if (isNew) cancelQuietly(this.#options.engine, task.id);
  }

  /** It goes on though the call that waited for it is over. */
  async told(): Promise<void> {
    this.#isTold = true;
    const ids = [...this.#tasks].map(({ task }) => task.id);
    await this.#options.engine.told(ids);
  }

  /** For the tasks of a check: they end with the ensemble. */
  readonly follow = (submission: Submission): void => {
    this.#tasks.add(submission);
    // It was being submitted when that was ended which it is for.
    if (this.#isStopped || (this.#isOver && !this.#isConcluding))
      this.#cancel(submission);
    const over = (): void => void this.#tasks.delete(submission);
    submission.done.then(over, over);
  };

  #progress(): EnsembleProgress {
    return {
      isNew: this.#isNew,
      results: [...this.#results],
      failed: [...this.#failed],
      running: [...this.#running],
    };
  }

  #start(seat: number): void {
    this.#running.add(seat);
    void this.#attempt(seat).then((attempt) => {
      this.#running.delete(seat);
      this.started.set(seat, attempt);
      if (this.#isOver) return;
      this.#count(attempt);
      this.#options.onProgress(this.#results.length + this.#failed.length);
      this.#wake.resolve();
    });
  }

  /** Always resolves, with how it ended. */
  async #attempt(seat: number): Promise<Attempt> {
    const { engine, seats, run, log } = this.#options;
    let attempt: Attempt = {
      seat,
      submission: null,
      ended: null,
      checked: null,
    };
    try {
      const request = seats[seat]?.request;
      if (request === undefined)
        throw new RangeError(`there is no seat ${seat}`);
      const submission = await engine.submit(request, {
        observer: { log },
        terms: { awaited: !this.#isTold },
      });
      this.follow(submission);
      if (submission.isNew && !this.#isNew) run.began(submission.task.id);
      this.#isNew ||= submission.isNew;
      attempt = { ...attempt, submission };
      this.started.set(seat, attempt);
      const ended = taskAnswer(await submission.done);
      attempt = { ...attempt, ended };
      const value = resultIn(ended, request.kind);
      if (value === null || this.#isOver || !run.isChecked(value.value))
        return attempt;
      this.started.set(seat, attempt);
      return { ...attempt, checked: await this.#checked(value.value) };
    } catch (thrown) {
      return {
        ...attempt,
        ended: failed(attempt.submission?.task.id ?? "", thrown),
      };
    }
  }

  async #checked(value: JsonValue): Promise<Checked> {
    const { check } = this.#options;
    return check === null ? { score: null, why: null } : check(value);
  }

  #count({ seat, ended, checked }: Attempt): void {
    const { seats } = this.#options;
    const result =
      ended === null ? null : resultIn(ended, seats[seat]?.request.kind ?? "");
    if (ended === null || result === null) {
      this.#failed.push(seat);
      return;
    }
    const cost = seats[seat]?.cost ?? ended.run_ms ?? 0;
    this.#results.push({
      seat,
      value: result.value,
      score: checked?.score ?? null,
      cost,
    });
  }
}

/** What an attempt says: of a command, what it printed. Null: it did not complete. */
function resultIn(
  { status, value }: TaskAnswer,
  kind: string,
): { readonly value: JsonValue } | null {
  if (status !== "completed" || value === undefined) return null;
  if (kind !== "shell" || typeof value !== "object" || value === null)
    return { value };
  const { stdout } = value as { readonly stdout?: unknown };
  return { value: typeof stdout === "string" ? stdout.trimEnd() : value };
}
