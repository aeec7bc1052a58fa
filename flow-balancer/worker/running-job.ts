/** One job while it runs in the worker: what it prints, whether it is to stop, and what its code is given. */

import type { TaskContext } from "./define-task.ts";
import type { RunRequest } from "./frames.ts";
import { PrintBuffer } from "./print-buffer.ts";
import type { FromWorker } from "./protocol.ts";
import { ReportBuffer, type ReportClock } from "./report-buffer.ts";

const CANCELLED = new DOMException("The task was cancelled", "AbortError");

export interface JobSurroundings {
  readonly maxOutputChars: number;
  readonly clock: ReportClock;
  readonly send: (message: FromWorker) => void;
  /** The session's memory in this process. */
  readonly stateOf: (session: string) => Map<string, unknown>;
}

export class RunningJob {
  readonly number: number;
  /** When its own time began, ms on the process's clock; moved on when its kind had to be loaded. */
  startedAt: number;
  readonly #surroundings: JobSurroundings;
  #answered = false;
  #lookedAt: string | null = null;
  #cancelled = false;
  /** Made when the task asks for its signal: most never do. */
  #abort: AbortController | undefined;
  #printed: PrintBuffer | undefined;
  #reported: ReportBuffer | undefined;

  constructor(
    number: number,
    startedAt: number,
    surroundings: JobSurroundings,
  ) {
    this.number = number;
    this.startedAt = startedAt;
    this.#surroundings = surroundings;
  }

  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** The session whose memory it looked at; null: none. */
  get lookedAt(): string | null {
    return this.#lookedAt;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#abort?.abort(CANCELLED);
  }

  /** Everything it printed and reported is sent; what still comes is nobody's. */
  answered(): void {
    this.#answered = true;
    this.flush();
  }

  print(text: string, by: "job" | "stray" = "job"): void {
    if (this.#answered) return;
    const { maxOutputChars, clock, send } = this.#surroundings;
    this.#printed ??= new PrintBuffer(this.number, maxOutputChars, clock, send);
    this.#printed.print(text, by);
  }

  flush(): void {
    this.#printed?.flush();
    this.#reported?.flush();
  }

  /** What the task's code is given. Its functions may be taken out and kept. */
  context(request: RunRequest): TaskContext {
    const { send, stateOf } = this.#surroundings;
    const { number: job } = this;
    const signal = (): AbortSignal => this.#signal();
    const { session } = request;
    const state = (id: string): Map<string, unknown> => {
      if (this.#lookedAt === null) send({ type: "bound", job });
      this.#lookedAt = id;
      return stateOf(id);
    };
    return {
      taskId: request.taskId,
      attempt: request.attempt,
      traceparent: request.traceparent ?? null,
      get signal() {
        return signal();
      },
      session:
        session === null
          ? null
          : {
              id: session,
              get state() {
                return state(session);
              },
            },
      log: (text) => {
        this.print(`${text}\n`);
        this.#reports()?.log(String(text));
      },
      progress: (done, total, text) => {
        if (Number.isFinite(done))
          this.#reports()?.progress(
            done,
            Number.isFinite(total) ? (total as number) : null,
            text === undefined ? null : String(text),
          );
      },
      heartbeat: () => this.#reports()?.heartbeat(),
    };
  }

  /** None once it was answered. */
  #reports(): ReportBuffer | undefined {
    if (this.#answered) return undefined;
    const { clock, send } = this.#surroundings;
    this.#reported ??= new ReportBuffer(this.number, clock, send);
    return this.#reported;
  }

  #signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#cancelled) this.#abort.abort(CANCELLED);
    return this.#abort.signal;
  }
}
