/**
 * The SDK's transport over a pair of streams, one JSON-RPC message a line. Whatever a client writes, it gets an
 * answer it can act on and the connection stays: -32700 for a line that is not JSON, -32600 or -32602 for JSON that
 * is not a message. Closes once: when either stream ends, or when told to.
 */

import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import type { ByteSink, ByteSource } from "./byte-streams.ts";
import { type Line, LineDecoder } from "./line-decoder.ts";
import { checkMessage, isId, type RequestId } from "./message-check.ts";

/** Twice what any client is known to send; a line without an end costs no more than this. */
export const MAX_LINE_BYTES = 8_388_608;
/** A client that reads nothing gets no further requests served until it does. */
const MAX_UNREAD_BYTES = 67_108_864;

/** What was asked right before stdin ended is still answered, if that takes no longer: `printf '...' | server` works. */
const LAST_ANSWERS_MS = 250;

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const INTERNAL_ERROR = -32603;

export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport["onmessage"];
  /** Resolves when the transport has closed, for whatever reason. */
  readonly closed: Promise<void>;

  readonly #stdin: ByteSource;
  readonly #stdout: ByteSink;
  readonly #lines = new LineDecoder(MAX_LINE_BYTES, (line, number) =>
    this.#receive(line, number),
  );
  /** Requests without an answer yet: a second one under the same id could not be told from the first. */
  readonly #inFlight = new Set<RequestId>();
  #unreadBytes = 0;
  #lastAnswers: Timer | undefined;
  #state: "new" | "open" | "closed" = "new";
  #resolveClosed: () => void = () => undefined;

  constructor(stdin: ByteSource, stdout: ByteSink) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  start(): Promise<void> {
    if (this.#state !== "new")
      return Promise.reject(new Error("the transport was started before"));
    this.#state = "open";
    const stdin = this.#stdin;
    stdin.on("data", this.#onData);
    stdin.on("end", this.#onInputEnd);
    stdin.on("close", this.#onInputEnd);
    stdin.on("error", this.#onBroken);
    // Never taken off: a write that fails after the close must not become an uncaught exception.
    this.#stdout.on("error", this.#onBroken);
    this.#stdout.on("close", this.#onEnd);
    this.#stdout.on("drain", this.#onDrain);
    if (stdin.readableEnded || stdin.destroyed) setImmediate(this.#onEnd);
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#state !== "open")
      return Promise.reject(new Error("the connection is closed"));
    const id = "method" in message ? undefined : message.id;
    if (id !== undefined) this.#inFlight.delete(id);
    this.#write(encoded(message));
    if (this.#lastAnswers !== undefined && this.#inFlight.size === 0)
      this.#onEnd();
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.#state === "closed") return Promise.resolve();
    this.#state = "closed";
    clearTimeout(this.#lastAnswers);
    this.#stdin.off("data", this.#onData);
    this.#stdin.pause();
    this.#lines.clear();
    this.#inFlight.clear();
    this.onclose?.();
    this.#resolveClosed();
    return Promise.resolve();
  }

  readonly #onData = (chunk: Buffer | string): void => {
    this.#lines.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  };

  readonly #onEnd = (): void => {
    void this.close();
  };

  readonly #onInputEnd = (): void => {
    if (this.#state !== "open" || this.#inFlight.size === 0) this.#onEnd();
    else this.#lastAnswers ??= setTimeout(this.#onEnd, LAST_ANSWERS_MS);
  };

  readonly #onBroken = (error: Error): void => {
    if (this.#state === "closed") return;
    this.onerror?.(error);
    void this.close();
  };

  #receive(line: Line, number: number): void {
    if (this.#state !== "open") return;
    switch (line.kind) {
      case "too-long":
        return this.#refuse(
          null,
          INVALID_REQUEST,
          `line ${number}: message exceeds ${MAX_LINE_BYTES} bytes`,
        );
      case "not-utf8":
        return this.#refuse(
          null,
          PARSE_ERROR,
          `line ${number}: not valid UTF-8 at byte ${line.offset}`,
        );
      case "text":
        return this.#parse(line.text, number);
    }
  }

  #parse(text: string, number: number): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (thrown) {
      const why = String((thrown as Error).message).replace(
        /^JSON Parse error: /,
        "",
      );
      return this.#refuse(
        null,
        PARSE_ERROR,
        `line ${number}: not valid JSON (${why.slice(0, 80)})`,
      );
    }
    const checked = checkMessage(value);
    switch (checked.kind) {
      case "refused":
        return this.#refuse(checked.id, checked.code, checked.message);
      case "ignored":
        return this.onerror?.(
          new Error(`ignored line ${number}: ${checked.why}`),
        );
      case "message":
        return this.#deliver(checked.message);
    }
  }

  #deliver(message: JSONRPCMessage): void {
    if ("method" in message) {
      if ("id" in message) {
        if (this.#inFlight.has(message.id))
          return this.#refuse(
            null,
            INVALID_REQUEST,
            `id ${JSON.stringify(message.id).slice(0, 80)} belongs to a request that is still being answered`,
          );
        this.#inFlight.add(message.id);
      } else if (message.method === "notifications/cancelled") {
        // What is cancelled is not answered, so its id is free again.
        const id = message.params?.["requestId"];
        if (isId(id)) this.#inFlight.delete(id);
      }
    }
    this.onmessage?.(message);
  }

  #refuse(id: RequestId | null, code: number, message: string): void {
    this.#write(
      JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } }),
    );
  }

  #write(line: string): void {
    if (this.#state !== "open") return;
    if (this.#stdout.destroyed || this.#stdout.writableEnded)
      return this.#onEnd();
    try {
      // A stream does not always count what it holds back (Bun's stdout says 0), so this does.
      this.#unreadBytes = this.#stdout.write(`${line}\n`)
        ? 0
        : this.#unreadBytes + line.length;
    } catch (thrown) {
      return this.#onBroken(thrown as Error);
    }
    if (this.#unreadBytes > MAX_UNREAD_BYTES) this.#stdin.pause();
  }

  readonly #onDrain = (): void => {
    this.#unreadBytes = 0;
    if (this.#state === "open" && this.#stdin.isPaused()) this.#stdin.resume();
  };
}

/** A result that JSON cannot hold becomes an error: its caller waits for an answer either way. */
function encoded(message: JSONRPCMessage): string {
  try {
    return JSON.stringify(message);
  } catch (thrown) {
    if ("method" in message) throw thrown;
    return JSON.stringify({
      jsonrpc: "2.0",
      id: message.id ?? null,
      error: {
        code: INTERNAL_ERROR,
        message: `the answer cannot be written as JSON: ${String((thrown as Error).message)}`,
      },
    });
  }
}
