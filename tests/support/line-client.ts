/**
 * JSON-RPC over the pipes of a real server process, byte by byte, with nothing in between that
 * could forgive a mistake. Every line the server prints is kept and must be a JSON-RPC message.
 */

import { within, HANG_MS } from "./until.ts";
import { Place, type PlaceOptions } from "./server-under-test.ts";

/** Loose on purpose: tests look into what came, whatever it is. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Message = any;

export class LineClient {
  readonly place: Place;
  readonly process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly received: Message[] = [];
  /** Lines on stdout that are no JSON-RPC message; to be empty whatever happens. */
  readonly impure: string[] = [];
  stderr = "";
  readonly #waiting = new Set<{
    matches(message: Message): boolean;
    resolve(message: Message): void;
  }>();
  #nextId = 1;

  constructor(place: Place) {
    this.place = place;
    this.process = Bun.spawn([...place.command], {
      cwd: place.project,
      env: { ...place.env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    void this.#readStdout();
    void this.#readStderr();
  }

  static async open(
    options: PlaceOptions = {},
    capabilities: object = {},
  ): Promise<LineClient> {
    const client = new LineClient(new Place(options));
    await client.initialize(capabilities);
    return client;
  }

  get pid(): number {
    return this.process.pid;
  }

  async initialize(capabilities: object = {}): Promise<Message> {
    const answer = await this.request("initialize", {
      protocolVersion: "2025-11-25",
      capabilities,
      clientInfo: { name: "lines", version: "1" },
    });
    this.notify("notifications/initialized");
    return answer;
  }

  write(bytes: string | Uint8Array): void {
    this.process.stdin.write(bytes);
    void this.process.stdin.flush();
  }

  notify(method: string, params: object = {}): void {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  }

  /** Sends and does not wait; the answer is had by `answer`. */
  send(method: string, params: object = {}): number {
    const id = this.#nextId++;
    this.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return id;
  }

  answer(id: number | string): Promise<Message> {
    return this.next(
      `answer to ${id}`,
      (message) => message.id === id && message.method === undefined,
    );
  }

  request(method: string, params: object = {}): Promise<Message> {
    return this.answer(this.send(method, params));
  }

  /** The tool's result; throws on a protocol error. */
  async call(name: string, args: object = {}, meta?: object): Promise<Message> {
    const answer = await this.request("tools/call", {
      name,
      arguments: args,
      ...(meta === undefined ? {} : { _meta: meta }),
    });
    if (answer.error !== undefined)
      throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  }

  /** Structured content of a call, be it a success or a failure. */
  async ask(name: string, args: object = {}): Promise<Message> {
    return (await this.call(name, args)).structuredContent;
  }

  script(code: string, more: object = {}): Promise<Message> {
    return this.ask("run_task", { kind: "script", input: { code }, ...more });
  }

  shell(argv: readonly string[], more: object = {}): Promise<Message> {
    return this.ask("run_task", { kind: "shell", input: { argv }, ...more });
  }

  /** The first message that matches, of those that came or will come. */
  next(
    what: string,
    matches: (message: Message) => boolean,
    boundMs = HANG_MS,
  ): Promise<Message> {
    const earlier = this.received.find(matches);
    if (earlier !== undefined) return Promise.resolve(structuredClone(earlier));
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const entry = { matches, resolve };
    this.#waiting.add(entry);
    void this.process.exited.then((code) =>
      reject(
        new Error(
          `no ${what}: the server exited with ${code}; stderr: ${this.stderr.slice(-2_000)}`,
        ),
      ),
    );
    return within(
      `${what}; stderr: ${this.stderr.slice(-500)}`,
      promise,
      boundMs,
    ).finally(() => this.#waiting.delete(entry));
  }

  /** Ends the server's input, as a client that goes does; resolves with its exit code. */
  async end(boundMs = HANG_MS): Promise<number> {
    this.place.remember(this.pid);
    await this.process.stdin.end();
    return within("exit of the server", this.process.exited, boundMs);
  }

  async #readStdout(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for await (const chunk of this.process.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(
        "\n",
      );
      rest = lines.pop() ?? "";
      for (const line of lines) this.#line(line);
    }
    if (rest !== "") this.impure.push(rest);
  }

  #line(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line);
    } catch {
      this.impure.push(line);
      return;
    }
    if (message?.jsonrpc !== "2.0") this.impure.push(line);
    // A copy: a test may do to its own message what it likes.
    this.received.push(structuredClone(message));
    for (const entry of [...this.#waiting])
      if (entry.matches(message)) {
        this.#waiting.delete(entry);
        entry.resolve(message);
      }
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stderr)
      this.stderr = (
        this.stderr + decoder.decode(chunk, { stream: true })
      ).slice(-20_000);
  }
}
