/** A map over an engine in memory: tasks end when a test says so. */

import type {
  Chunking,
  ChunkRun,
  JobState,
} from "../../flow-balancer/core/chunking.ts";
import type { Engine } from "../../flow-balancer/core/engine.ts";
import {
  BalancerError,
  type ErrorCode,
  wireError,
} from "../../flow-balancer/core/errors.ts";
import type { TaskRecord, TaskRequest } from "../../flow-balancer/core/task.ts";
import { MapRun, type MapWork } from "../../flow-balancer/mcp/map-run.ts";
import { FakeEnv } from "../support/fake-env.ts";

/** The learned size is always `size`. */
export class MapBench {
  readonly env = new FakeEnv();
  readonly open: {
    readonly request: TaskRequest;
    end(value: unknown): void;
    fail(code: ErrorCode): void;
  }[] = [];
  readonly cancelled: string[] = [];
  readonly asked: JobState[] = [];
  readonly runs: ChunkRun[] = [];
  readonly reports: number[] = [];
  size = 3;
  workers = 2;
  isList = true;
  /** The queue has no room. */
  isFull = false;
  expectedMs: number | null = null;

  readonly #chunking: Partial<Chunking> = {
    listKind: (kind) => (this.isList ? `${kind}[]` : null),
    chunkerOf: () => ({
      next: (state) => {
        this.asked.push(state);
        return this.size;
      },
      ended: (run) => void this.runs.push(run),
      expectedMs: () => this.expectedMs,
    }),
    save: async () => {},
  };

  readonly #engine = {
    chunking: this.#chunking,
    kinds: () => [{ kind: "k" }],
    defaultSession: () => null,
    patience: { limitMs: () => 100, knownMs: () => 100, waited: () => {} },
    timeoutStats: async () => ({ timeoutMs: 1_000 }),
    status: async () => ({ pool: { configuredWorkers: this.workers } }),
    cancel: async (id: string) => void this.cancelled.push(id),
    submit: async (request: TaskRequest) => {
      if (this.isFull) throw new BalancerError("QUEUE_FULL", "full");
      if (request.inputJson.length > 40)
        throw new BalancerError("PAYLOAD_TOO_LARGE", "too large");
      const { promise, resolve } = Promise.withResolvers<TaskRecord>();
      const task = { id: `task_${this.open.length}` };
      const execution = { waitMs: 2, startMs: 3, runMs: 10 };
      const ended = (result: object): void =>
        resolve({ ...task, execution, result } as unknown as TaskRecord);
      this.open.push({
        request,
        end: (value) =>
          ended({ status: "completed", valueJson: JSON.stringify(value) }),
        fail: (code) =>
          ended({
            status: "failed",
            error: wireError(code, code),
            valueJson: null,
          }),
      });
      return { task, done: promise, isNew: true };
    },
  };

  get engine(): Engine {
    return this.#engine as unknown as Engine;
  }

  start(items: readonly string[], more: Partial<MapWork> = {}) {
    const work = {
      kind: "k",
      items,
      session: null,
      timeoutMs: null,
      chunk: null,
      ...more,
    };
    return MapRun.start(work, {
      engine: this.engine,
      env: this.env,
      observer: { log() {}, progress: (done) => this.reports.push(done) },
    });
  }

  /** Ends the n-th task with each input doubled. */
  double(n: number): void {
    const { request, end } = this.open[n] ?? {};
    const input: unknown = JSON.parse(request?.inputJson ?? "null");
    const twice = (it: unknown): string => JSON.stringify(Number(it) * 2);
    end?.(
      Array.isArray(input)
        ? { workMs: 10, results: input.map((it) => ({ value: twice(it) })) }
        : Number(input) * 2,
    );
  }

  get inputs(): string[] {
    return this.open.map(({ request }) => request.inputJson);
  }
}

export const settle = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));
