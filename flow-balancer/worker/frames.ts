/**
 * Many short tasks in one message: what fits in one turn of the event loop crosses the channel
 * as one text, because each message costs a system call on both sides and a wake-up on one.
 * A frame is a line of JSON, one flat array with a fixed number of fields a task, and after it
 * the payloads one after another, each as long as its entry in the line says. Payloads are JSON
 * texts that are passed on as they are: the frame never escapes or parses them.
 */

/** A frame is sent at once from this many characters of payload on. */
const FRAME_CHARS = 32_768;

/** Longer payloads travel on their own: a task behind one would wait for it. */
export const MAX_FRAMED_CHARS = 8_192;

/** One run of a task, as a worker reads it. */
export interface RunRequest {
  /** The parent's number for this run on this worker: never used twice. */
  readonly job: number;
  /** Index of a kind that was introduced to the worker. */
  readonly kind: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly session: string | null;
  readonly inputJson: string;
  /** Which trace it belongs to (core/trace-context.ts); left out: none. Such a run travels on its own. */
  readonly traceparent?: string;
}

const RUN_FIELDS = 6;
const RESULT_FIELDS = 3;

type Field = string | number | null;

/** Gathers what is to be sent, in order. */
class Frame {
  readonly #line: Field[] = [];
  #payloads = "";

  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  get isFull(): boolean {
    return this.#payloads.length >= FRAME_CHARS;
  }

  /** The frame as text; empty again afterwards. */
  take(): string {
    const text = `${JSON.stringify(this.#line)}\n${this.#payloads}`;
    this.#line.length = 0;
    this.#payloads = "";
    return text;
  }

  protected add(payload: string, ...fields: readonly Field[]): void {
    this.#line.push(...fields, payload.length);
    this.#payloads += payload;
  }
}

export class RunFrame extends Frame {
  run(request: RunRequest): void {
    const { job, kind, taskId, attempt, session } = request;
    this.add(request.inputJson, job, kind, taskId, attempt, session);
  }
}

export class ResultFrame extends Frame {
  /** A completed job. `runMs` is its own time. */
  result(job: number, runMs: number, valueJson: string): void {
    this.add(valueJson, job, runMs);
  }
}

/** Other messages are objects: as text they begin with a brace. */
export const isFrame = (raw: unknown): raw is string =>
  typeof raw === "string" && raw.startsWith("[");

/** From the parent, so believed. */
export function readRuns(frame: string, each: (run: RunRequest) => void): void {
  const { line, start } = opened(frame) ?? { line: [], start: 0 };
  let at = start;
  for (let n = 0; n < line.length; n += RUN_FIELDS) {
    const end = at + (line[n + 5] as number);
    each({
      job: line[n] as number,
      kind: line[n + 1] as number,
      taskId: line[n + 2] as string,
      attempt: line[n + 3] as number,
      session: line[n + 4] as string | null,
      inputJson: frame.slice(at, end),
    });
    at = end;
  }
}

/**
 * From a worker, where a task may have forged it: false if any of it is not as it must be, and
 * then nothing of it was told. That each value is JSON, and no longer than allowed, is the
 * receiver's to check, as is whom it speaks of.
 */
export function readResults(
  frame: string,
  each: (job: number, runMs: number, valueJson: string) => void,
): boolean {
  const found = opened(frame);
  if (found === null || found.line.length % RESULT_FIELDS !== 0) return false;
  const { line, start } = found;
  let end = start;
  for (let n = 0; n < line.length; n += RESULT_FIELDS) {
    const [runMs, length] = [line[n + 1], line[n + 2]];
    if (!Number.isSafeInteger(line[n])) return false;
    if (!Number.isFinite(runMs) || (runMs as number) < 0) return false;
    if (!Number.isSafeInteger(length) || (length as number) < 0) return false;
    end += length as number;
  }
  if (end !== frame.length) return false;
  let at = start;
  for (let n = 0; n < line.length; n += RESULT_FIELDS) {
    const from = at;
    at += line[n + 2] as number;
    each(line[n] as number, line[n + 1] as number, frame.slice(from, at));
  }
  return true;
}

function opened(
  frame: string,
): { readonly line: readonly unknown[]; readonly start: number } | null {
  const end = frame.indexOf("\n");
  if (end < 0) return null;
  try {
    const line: unknown = JSON.parse(frame.slice(0, end));
    return Array.isArray(line) ? { line, start: end + 1 } : null;
  } catch {
    return null;
  }
}
