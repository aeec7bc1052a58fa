/** What metrics read of the engine's parts when somebody scrapes. */

import { statSync } from "node:fs";
import { join } from "node:path";
import type {
  DiskFacts,
  HomeFacts,
  LearnedDeadline,
  MetricsFacts,
} from "../../monitoring/metrics/metrics-facts.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { InstancesStatus } from "../core/instance.ts";
import type { PoolStatus } from "../core/pool-status.ts";
import type { Env } from "../core/ports.ts";
import type { TaskQueue } from "../core/queue.ts";
import type { DeadlineDesk } from "../deadline-desk.ts";
import type { Store } from "../store/database.ts";
import { diskRoom, walBytes } from "./home-facts.ts";
import { QueueDepth } from "./queue-depth.ts";
import { turn } from "./turn.ts";
import { WorkerMemory } from "./worker-memory.ts";

export interface EngineFactsParts {
  readonly env: Env;
  readonly home: string;
  readonly store: Store;
  readonly queue: Pick<TaskQueue, "counts">;
  readonly pool: { status(): PoolStatus };
  readonly sharing: { status(): Pick<InstancesStatus, "alive" | "lastBeat"> };
  /** Null: limits are not learned. */
  readonly deadlines: Pick<DeadlineDesk, "kindLimits" | "statsOf"> | null;
  /** Of worker processes; default: looked at for metrics alone. */
  readonly memory?: Pick<WorkerMemory, "of">;
}

export class EngineFacts implements MetricsFacts {
  readonly #parts: EngineFactsParts;
  readonly #memory: Pick<WorkerMemory, "of">;
  readonly #queueDepth: QueueDepth;

  constructor(parts: EngineFactsParts) {
    this.#parts = parts;
    this.#memory = parts.memory ?? new WorkerMemory(parts);
    this.#queueDepth = new QueueDepth(parts.store.raw);
  }

  version(): string {
    return packageJson.version;
  }

  pool(): PoolStatus {
    return this.#parts.pool.status();
  }

  memoryOf(
    pids: readonly number[],
  ): Promise<ReadonlyMap<number, number | null>> {
    return this.#memory.of(pids);
  }

  async home(): Promise<HomeFacts> {
    const { env, queue, sharing } = this.#parts;
    const { alive, lastBeat } = sharing.status();
    const oldestAt = this.#queueDepth.oldestAt();
    return {
      tasks: await queue.counts(),
      waiting: this.#queueDepth.depth(),
      oldestMs: oldestAt === null ? null : Math.max(0, env.now() - oldestAt),
      instances: alive.length,
      lastBeat,
    };
  }

  disk(): DiskFacts {
    const { home } = this.#parts;
    return {
      database: statSync(join(home, "flow.db")).size,
      wal: walBytes(home),
      free: diskRoom(home).freeBytes,
    };
  }

  async deadlines(): Promise<LearnedDeadline[]> {
    const { deadlines } = this.#parts;
    if (deadlines === null) return [];
    const learned: LearnedDeadline[] = [];
    for (const { kind, limit } of deadlines.kindLimits()) {
      // A kind of many groups takes a millisecond: the server goes on between two.
      await turn();
      const stats = await deadlines.statsOf(kind);
      learned.push({
        kind,
        softMs: limit.softMs,
        maxMs: limit.maxMs,
        remembered: stats?.wouldHaveKilled.of ?? 0,
        wouldKill: stats?.wouldHaveKilled.runs ?? 0,
      });
    }
    return learned;
  }
}
