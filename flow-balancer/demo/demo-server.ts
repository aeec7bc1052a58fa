/**
 * One flow-balancer server as an MCP client has it: started over stdio, asked, and closed. Its
 * configuration and its home are a folder of the demo's own; nothing of the user's is read.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import { BalancerError } from "../core/errors.ts";
import {
  ANALYSE_KIND,
  batchSchema,
  MAX_OUTPUT_BYTES,
  type BatchTask,
  type TaskAnswer,
} from "./batch.ts";
import { busyShare, processorTime } from "./processor-time.ts";

export interface DemoServerOptions {
  /** An empty folder, private to this server. */
  readonly folder: string;
  readonly repo: string;
  readonly workers: number;
  readonly signal: AbortSignal;
}

export interface BatchRun {
  /** From the call to its answer, at the client. */
  readonly makespanMs: number;
  /** Of all processors, by all programs, meanwhile: 0..1. */
  readonly busyShare: number;
  readonly answers: readonly TaskAnswer[];
}

export type OnProgress = (done: number, total: number) => void;

/** Nothing in the demo takes a tenth of it; it only ends a wait for something that hangs. */
const PATIENCE_MS = 600_000;
/** So that each worker has loaded the module and its code has run a few times before anything is measured. */
const WARM_UP_TASKS_A_WORKER = 4;
const MAX_WARM_UP_ROUNDS = 5;
/** Ten seconds: as long as the server lets a worker take to start. */
const MAX_LOOKS = 400;
const LOOK_EVERY_MS = 25;
const PROTOCOL = "2026-07-28";
/** A thousand answers are about 1 MB, and the git log may be 4 MB, twice encoded. */
const MAX_MESSAGE_BYTES = 33_554_432;

const sessionSchema = z.looseObject({ session: z.string() });
const workerSchema = z.looseObject({
  state: z.string(),
  loaded: z.array(z.string()),
});
type Worker = z.output<typeof workerSchema>;
const statusSchema = z.looseObject({ workers: z.array(workerSchema) });

export class DemoServer {
  readonly workers: number;
  readonly #client: Client;
  readonly #signal: AbortSignal;
  /** All tasks name it: other sessions' tasks would never run on its workers. */
  #session: string | null = null;

  private constructor(client: Client, workers: number, signal: AbortSignal) {
    this.#client = client;
    this.workers = workers;
    this.#signal = signal;
  }

  /** Throws SPAWN_FAILED with what the server said last. `close` is owed. */
  static async start(options: DemoServerOptions): Promise<DemoServer> {
    writeConfiguration(options);
    const { folder, workers, signal } = options;
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(import.meta.dir, "..", "server.ts")],
      cwd: folder,
      env: {
        FLOW_BALANCER_HOME: join(folder, "home"),
        XDG_CONFIG_HOME: join(folder, "config"),
      },
      stderr: "pipe",
      maxBufferSize: MAX_MESSAGE_BYTES,
    });
    let said = "";
    transport.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
    });
    const client = new Client(
      { name: "flow-balancer-demo", version: "1" },
      { versionNegotiation: { mode: { pin: PROTOCOL } } },
    );
    try {
      await client.connect(transport, { signal });
    } catch (cause) {
      await client.close();
      signal.throwIfAborted();
      throw new BalancerError(
        "SPAWN_FAILED",
        `the server did not start: ${said.trim() || (cause as Error).message}`,
        { cause },
      );
    }
    return new DemoServer(client, workers, signal);
  }

  get protocol(): string {
    return this.#client.getNegotiatedProtocolVersion() ?? "unknown";
  }

  /** Runs `task` on every worker, once all are there. Returns how it was answered. */
  async warmUp(task: BatchTask): Promise<TaskAnswer[]> {
    await this.#allReady();
    const tasks = Array.from(
      { length: this.workers * WARM_UP_TASKS_A_WORKER },
      () => task,
    );
    const answers: TaskAnswer[] = [];
    for (let round = 0; round < MAX_WARM_UP_ROUNDS; round++) {
      answers.push(...(await this.runBatch(tasks)).answers);
      const loaded = await this.#workersThat(({ loaded: kinds }) =>
        kinds.includes(ANALYSE_KIND),
      );
      if (loaded >= this.workers) break;
    }
    return answers;
  }

  /** Workers that cannot start are not waited for: the tasks will say why. */
  async #allReady(): Promise<void> {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const ready = await this.#workersThat(({ state }) => state === "idle");
      if (ready >= this.workers) return;
      await Bun.sleep(LOOK_EVERY_MS);
    }
  }

  async #workersThat(test: (worker: Worker) => boolean): Promise<number> {
    const status = await this.#call("pool_status", {});
    return statusSchema.parse(status).workers.filter(test).length;
  }

  /** Asks for all at once; the answers come in the order of `tasks`. */
  async runBatch(
    tasks: readonly BatchTask[],
    onProgress?: OnProgress,
  ): Promise<BatchRun> {
    const session = (this.#session ??= await this.#openSession());
    const before = processorTime();
    const startedAt = performance.now();
    const answered = await this.#call(
      "run_batch",
      { tasks, session },
      onProgress,
    );
    const makespanMs = performance.now() - startedAt;
    return {
      makespanMs,
      busyShare: busyShare(before, processorTime()),
      answers: batchSchema.parse(answered).results,
    };
  }

  /** Resolves when the server process is gone. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  async #openSession(): Promise<string> {
    const opened = await this.#call("open_session", { name: "demo" });
    return sessionSchema.parse(opened).session;
  }

  async #call(
    name: string,
    args: Record<string, unknown>,
    onProgress?: OnProgress,
  ): Promise<unknown> {
    const result = await this.#client.callTool(
      { name, arguments: args },
      {
        signal: this.#signal,
        timeout: PATIENCE_MS,
        ...(onProgress === undefined
          ? {}
          : {
              onprogress: ({ progress, total }) =>
                onProgress(progress, total ?? progress),
            }),
      },
    );
    if (result.isError !== true) return result.structuredContent;
    const [first] = result.content;
    throw new BalancerError(
      "INTERNAL",
      `${name} was refused: ${first?.type === "text" ? first.text : "no reason given"}`,
    );
  }
}

function writeConfiguration(options: DemoServerOptions): void {
  const { folder, repo, workers } = options;
  mkdirSync(folder, { mode: 0o700 });
  // JSON strings are TOML strings too.
  writeFileSync(
    join(folder, "flow-balancer.toml"),
    `roots = [${JSON.stringify(repo)}]

[pool]
max_workers = ${workers}
spare_workers = ${workers}

[tasks]
max_output_bytes = ${MAX_OUTPUT_BYTES}

[patience]
unknown_ms = ${PATIENCE_MS}

[kinds.${ANALYSE_KIND}]
module = ${JSON.stringify(join(import.meta.dir, "analyse-file.ts"))}
`,
  );
}
