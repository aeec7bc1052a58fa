/** One terminal: a stdio server process of its own on the shared home, and just enough JSON-RPC to give it work. What it is asked fails when the process dies. */

import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(
  new URL("../../flow-balancer/server.ts", import.meta.url),
);

/** Whatever a tool answered with; the checks look into it. */
export type Answer = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
}

interface Message {
  readonly id?: number;
  readonly error?: unknown;
  readonly result?: { readonly structuredContent?: Answer };
}

export class Terminal {
  /** It was stopped by a signal, and has not been let go on. */
  isStopped = false;
  hasEnded = false;
  readonly process: Bun.Subprocess<"pipe", "pipe", "inherit" | "ignore">;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(project: string, env: Readonly<Record<string, string>>) {
    this.process = Bun.spawn([process.execPath, SERVER], {
      cwd: project,
      env: { ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: process.env["DBG"] ? "inherit" : "ignore",
    });
    void this.process.exited.then(() => this.#ended());
    void this.#read();
  }

  get pid(): number {
    return this.process.pid;
  }

  async initialize(): Promise<void> {
    await this.#request("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "nemesis", version: "1" },
    });
    this.#write({ method: "notifications/initialized", params: {} });
  }

  /** Throws when the server ends before it answers, or refuses. */
  async call(name: string, args: object): Promise<Answer> {
    const answer = await this.#request("tools/call", { name, arguments: args });
    const content = answer.result?.structuredContent;
    if (content === undefined)
      throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return content;
  }

  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    if (this.hasEnded) return;
    this.process.kill(signal);
    this.isStopped = signal === "SIGSTOP";
  }

  /** As a client that goes. */
  async end(): Promise<void> {
    this.signal("SIGCONT");
    await this.process.stdin.end();
    await this.process.exited;
  }

  #request(method: string, params: object): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    if (this.hasEnded) return Promise.reject(new Error("the server is gone"));
    const id = this.#nextId++;
    this.#waiting.set(id, { resolve, reject });
    this.#write({ id, method, params });
    return promise;
  }

  #write(message: object): void {
    const line = `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
    // Its death shows as its exit.
    try {
      this.process.stdin.write(line);
      void Promise.resolve(this.process.stdin.flush()).catch(() => {});
    } catch {
      this.#ended();
    }
  }

  async #read(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of this.process.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(
        "\n",
      );
      rest = lines.pop() ?? "";
      for (const line of lines) this.#line(JSON.parse(line) as Message);
    }
  }

  #line(message: Message): void {
    const waiting = this.#waiting.get(message.id ?? 0);
    this.#waiting.delete(message.id ?? 0);
    waiting?.resolve(message);
  }

  #ended(): void {
    this.hasEnded = true;
    for (const { reject } of this.#waiting.values())
      reject(new Error("the server died before it answered"));
    this.#waiting.clear();
  }
}
