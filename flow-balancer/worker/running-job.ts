/** One job while it runs in the worker: what it prints, whether it is to stop, and what its code is given. */

import type { TaskContext } from "./define-task.ts";
import type { RunRequest } from "./frames.ts";
import { PrintBuffer } from "./print-buffer.ts";
import type { FromWorker } from "./protocol.ts";

const CANCELLED = new DOMException("The task was cancelled", "AbortError");

export interface JobSurroundings {
  readonly maxOutputChars: number;
  readonly send: (message: FromWorker) => void;
  /** The session's memory in this process. */
  readonly sessionState: (session: string) => Map<string, unknown>;
}

export class RunningJob {
  readonly number: number;
  /** When its own time began, ms on the process's clock; moved on when its kind had to be loaded. */
  startedAt: number;
  readonly #surroundings: JobSurroundings;
  #answered = false;
  #bound = false;
  #cancelled = false;
  /** Made when the task asks for its signal: most never do. */
  #abort: AbortController | undefined;
  #printed: PrintBuffer | undefined;

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

  cancel(): void {
    this.#cancelled = true;
    this.#abort?.abort(CANCELLED);
  }

  /** Everything it printed is sent; what it still prints is nobody's. */
  answered(): void {
    this.#answered = true;
    this.#printed?.flush();
  }

  print(text: string): void {
    if (this.#answered) return;
    const { maxOutputChars, send } = this.#surroundings;
    this.#printed ??= new PrintBuffer(maxOutputChars, (part, bytes) =>
      send({ type: "output", job: this.number, text: part, bytes }),
    );
    this.#printed.print(text);
  }

  flush(): void {
    this.#printed?.flush();
  }

  /** What the task's code is given. Its functions may be taken out and kept. */
  context(request: RunRequest): TaskContext {
    const { send, sessionState } = this.#surroundings;
    const { number: job } = this;
    const signal = (): AbortSignal => this.#signal();
    const { session } = request;
    const state = (id: string): Map<string, unknown> => {
      if (!this.#bound) send({ type: "bound", job });
      this.#bound = true;
      return sessionState(id);
    };
    return {
      taskId: request.taskId,
      attempt: request.attempt,
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
        send({ type: "log", job, message: String(text).slice(0, 4_096) });
      },
      progress: (done, total, text) => {
        if (Number.isFinite(done))
          send({
            type: "progress",
            job,
            done,
            total: Number.isFinite(total) ? (total as number) : null,
            message: text === undefined ? null : String(text),
          });
      },
      heartbeat: () => send({ type: "heartbeat", job }),
    };
  }

  #signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#cancelled) this.#abort.abort(CANCELLED);
    return this.#abort.signal;
  }
}
