/**
 * The parent's half of a worker: starts the process so that nothing foreign runs in it first,
 * passes messages, and ends it with everything it started. It knows nothing of tasks.
 */

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { extname, join } from "node:path";
import { DISTRUSTING_FLAGS } from "../core/bun-flags.ts";
import type { WorkerId } from "../core/ids.ts";
import { MAX_FRAMED_CHARS, RunFrame, type RunRequest } from "./frames.ts";
import { LastWords } from "./last-words.ts";
import { packed } from "./packed-message.ts";
import { killMarked, OWNER_VARIABLE, signalGroup } from "./process-tree.ts";
import type { PageTicket, ToWorker, WorkerSettings } from "./protocol.ts";

export interface WorkerDeath {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what the process itself wrote to its stderr: a crash banner, if there was one. */
  readonly lastWords: string;
  /** Processes that had to be ended because they outlived the worker. */
  readonly leftBehind: number;
}

export interface WorkerOptions {
  readonly id: WorkerId;
  /** Unique to this server process: marks all its descendants. */
  readonly instance: string;
  readonly settings: WorkerSettings;
  readonly environment: Readonly<Record<string, string>>;
  /** Where it is to say how it is; null without shared memory. */
  readonly page: PageTicket | null;
  /** Unchecked and still packed. */
  readonly onMessage: (message: unknown) => void;
  /** The channel was closed from the other side, after everything that came by it was delivered. */
  readonly onDisconnect: () => void;
  /** Called once, after everything the worker had sent was delivered. */
  readonly onExit: (death: WorkerDeath) => void;
}

const LAST_WORDS_BYTES = 2_048;
/** Of x86-64 and of arm64 Linux as commonly built; with larger pages a limit would be reached late. */
const PAGE_BYTES = 4_096;

const FLAGS = ["--no-orphans", ...DISTRUSTING_FLAGS];

/** Beside this file, and of its kind: child.ts in source, child.js in a build. */
const CHILD = join(import.meta.dir, `child${extname(import.meta.path)}`);
/** Started in a directory of ours; the child moves to the project only once it is up. */
const TRUSTED_CWD = import.meta.dir;

export class WorkerProcess {
  readonly id: WorkerId;
  readonly #process: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly #mark: string;
  readonly #runs = new RunFrame();
  readonly #flush = (): void => this.#flushRuns();
  #flushPlanned = false;
  readonly #lastWords = new LastWords(LAST_WORDS_BYTES);

  /** Throws what Bun.spawn throws; the process is not ready before it says so. */
  constructor(options: WorkerOptions) {
    this.id = options.id;
    this.#mark = `${options.instance}/${options.id}/`;
    this.#process = Bun.spawn([process.execPath, ...FLAGS, CHILD], {
      cwd: TRUSTED_CWD,
      env: { ...options.environment, [OWNER_VARIABLE]: this.#mark },
      stdin: "ignore",
      // What a task prints comes as messages; what else is written there is nobody's.
      stdout: "ignore",
      stderr: "pipe",
      // Its own session and group, so that the whole of it can be signalled.
      detached: true,
      serialization: "advanced",
      ipc: options.onMessage,
      onDisconnect: () => {
        setImmediate(options.onDisconnect);
      },
      onExit: (_, exitCode, signal) => {
        // IPC messages that were sent before the end may still be in the socket: they come first.
        setImmediate(() =>
          options.onExit({
            exitCode: signal === null ? exitCode : null,
            signal: signal === null ? null : signalName(signal),
            leftBehind: killMarked(OWNER_VARIABLE, this.#mark),
            lastWords: this.#lastWords.text().trim(),
          }),
        );
      },
    });
    void this.#listen(this.#process.stderr);
    this.send({ type: "init", settings: options.settings, page: options.page });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Queued, not delivered: only an answer proves that a worker read it. False if the channel is closed. */
  send(message: ToWorker): boolean {
    this.#flushRuns();
    return this.#post(packed(message));
  }

  /** Short ones that are asked for in one turn of the event loop go together. */
  run(request: RunRequest): void {
    const isLong = request.inputJson.length > MAX_FRAMED_CHARS;
    if (isLong || request.traceparent !== undefined) {
      this.send({ type: "run", ...request });
      return;
    }
    this.#runs.run(request);
    if (this.#runs.isFull) this.#flushRuns();
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      process.nextTick(this.#flush);
    }
  }

  #flushRuns(): void {
    this.#flushPlanned = false;
    if (!this.#runs.isEmpty) this.#post(this.#runs.take());
  }

  #post(message: object | string): boolean {
    try {
      this.#process.send(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Asks the whole group to go, as a terminal does. */
  terminate(): void {
    signalGroup(this.pid, "SIGTERM");
  }

  /** Ends the process and its whole tree at once. `onExit` follows. */
  kill(): void {
    signalGroup(this.pid, "SIGKILL");
    killMarked(OWNER_VARIABLE, this.#mark);
  }

  /** Memory of the process itself, MiB; 0 where there is no /proc, or no process any more. */
  residentMb(): number {
    try {
      const pages = readFileSync(`/proc/${this.pid}/statm`, "utf8").split(
        " ",
      )[1];
      return (Number(pages) * PAGE_BYTES) / 1_048_576;
    } catch {
      return 0;
    }
  }

  /** Reads for ever, so that a pipe never fills, and keeps only the end. */
  async #listen(stream: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of stream) this.#lastWords.add(chunk);
    } catch {
      // The pipe broke with the process; its exit is told by onExit.
    }
  }
}

const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals).map(
    ([name, number]) => [number as number, name] as const,
  ),
);
const signalName = (signal: number | string): string =>
  typeof signal === "string"
    ? signal
    : (SIGNAL_NAMES.get(signal) ?? `signal ${signal}`);

/** One line a person understands. */
export function describeDeath(death: WorkerDeath): string {
  const how =
    death.signal !== null
      ? `was killed by ${death.signal}`
      : `exited with code ${death.exitCode}`;
  const lines = death.lastWords.split("\n");
  // A crash of the runtime says what it was some lines before its last one.
  const words =
    lines.findLast((line) => line.startsWith("panic")) ?? lines.at(-1) ?? "";
  return words === "" ? how : `${how}; it last wrote: ${words.slice(0, 300)}`;
}
