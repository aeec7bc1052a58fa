/**
 * What a line transport needs of the streams under it, and the process's own stdin and stdout in
 * that form. Node's streams have it too, but opening those two costs a process 12 ms of its start
 * on Bun 1.4.5; Bun's native ends cost 0.3 ms.
 */

export interface ByteSource {
  on(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
}

export interface ByteSink {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "close" | "drain", listener: () => void): unknown;
  /** False while something is held back; `drain` follows. */
  write(text: string): boolean;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
}

type Listener = (argument: never) => void;

/** Listeners by event; the two ends below tell few and seldom. */
class Listeners {
  readonly #of = new Map<string, Set<Listener>>();

  add(event: string, listener: Listener): void {
    const known = this.#of.get(event);
    if (known === undefined) this.#of.set(event, new Set([listener]));
    else known.add(listener);
  }

  remove(event: string, listener: Listener): void {
    this.#of.get(event)?.delete(listener);
  }

  tell(event: string, argument?: unknown): void {
    for (const listener of this.#of.get(event) ?? [])
      listener(argument as never);
  }
}

/** stdin. Reading begins with the first listener for `data`. */
export class ProcessInput implements ByteSource {
  readonly #listeners = new Listeners();
  #reading = false;
  #ended = false;
  #resumed: PromiseWithResolvers<void> | null = null;

  get readableEnded(): boolean {
    return this.#ended;
  }

  get destroyed(): boolean {
    return false;
  }

  on(event: string, listener: Listener): void {
    this.#listeners.add(event, listener);
    if (event !== "data" || this.#reading) return;
    this.#reading = true;
    void this.#read();
  }

  off(event: string, listener: Listener): void {
    this.#listeners.remove(event, listener);
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = null;
  }

  isPaused(): boolean {
    return this.#resumed !== null;
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of Bun.stdin.stream()) {
        await this.#resumed?.promise;
        this.#listeners.tell(
          "data",
          Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength),
        );
      }
    } catch (thrown) {
      this.#listeners.tell("error", thrown);
    }
    this.#ended = true;
    this.#listeners.tell("end");
  }
}

/** stdout. What the reader does not take is held back in memory; who writes has to mind `write`'s answer. */
export class ProcessOutput implements ByteSink {
  readonly #listeners = new Listeners();
  readonly #sink = Bun.stdout.writer();
  #flushing: Promise<void> | null = null;
  #broken = false;

  get destroyed(): boolean {
    return this.#broken;
  }

  get writableEnded(): boolean {
    return false;
  }

  on(event: string, listener: Listener): void {
    this.#listeners.add(event, listener);
  }

  write(text: string): boolean {
    // Either may answer with a promise, and the promise of a broken pipe rejects.
    const pending = [this.#sink.write(text), this.#sink.flush()].filter(
      (answer) => answer instanceof Promise,
    );
    if (pending.length === 0) return this.#flushing === null;
    const flushing = Promise.all(pending).then(
      () => {
        if (this.#flushing !== flushing) return;
        this.#flushing = null;
        this.#listeners.tell("drain");
      },
      (thrown: unknown) => this.#break(thrown),
    );
    this.#flushing = flushing;
    return false;
  }

  /** Resolves once all that was written is with the reader, or the pipe is broken. */
  async drained(): Promise<void> {
    await this.#flushing;
  }

  #break(thrown: unknown): void {
    this.#flushing = null;
    if (this.#broken) return;
    this.#broken = true;
    this.#listeners.tell("error", thrown);
    this.#listeners.tell("close");
  }
}
