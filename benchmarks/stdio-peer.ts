/**
 * The thinnest client there is: one server process, JSON-RPC lines written and read with nothing
 * between. It costs every server the same, and so little that differences are the servers'.
 */

import { type Era, inEra, opening } from "./mcp-messages.ts";

export interface Answer {
  readonly id: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface PeerOptions {
  /** Arguments for Bun: the server's file, and flags before it if any. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly era: Era;
}

/** A server that does not end by itself is broken, and a benchmark of it too. */
const EXIT_MS = 5_000;

export class StdioPeer {
  readonly #era: Era;
  readonly #process: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (reason: Error) => void }
  >();
  #nextId = 1;

  constructor({ args, cwd, env, era }: PeerOptions) {
    this.#era = era;
    this.#process = Bun.spawn([process.execPath, ...args], {
      cwd,
      env: { ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    void this.#read(this.#process.stdout);
  }

  /** Resolves once the server has answered the era's first request. */
  async open(): Promise<void> {
    const { method, params } = opening(this.#era);
    const { error } = await this.#send(method, params);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    if (this.#era === "legacy")
      this.#write({ jsonrpc: "2.0", method: "notifications/initialized" });
  }

  request(method: string, params: object = {}): Promise<Answer> {
    return this.#send(method, inEra(this.#era, params));
  }

  call(name: string, args: object): Promise<Answer> {
    return this.request("tools/call", { name, arguments: args });
  }

  /** As a client leaves: stdin ends, then the server. Rejects if it had to be killed. */
  async close(): Promise<void> {
    await this.#process.stdin.end();
    const killer = setTimeout(() => this.#process.kill("SIGKILL"), EXIT_MS);
    await this.#process.exited;
    clearTimeout(killer);
    if (this.#process.signalCode === "SIGKILL")
      throw new Error(
        `a server was still there ${EXIT_MS} ms after its client`,
      );
  }

  #send(method: string, params: object): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#write({ jsonrpc: "2.0", id, method, params });
    });
  }

  #write(message: object): void {
    void this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    void this.#process.stdin.flush();
  }

  async #read(stdout: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let held = "";
    for await (const chunk of stdout) {
      held += decoder.decode(chunk, { stream: true });
      for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
        this.#receive(JSON.parse(held.slice(0, end)) as Answer);
        held = held.slice(end + 1);
      }
    }
    for (const { reject } of this.#waiting.values())
      reject(new Error("the server ended before it answered"));
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    waiting?.resolve(answer);
  }
}
