/** What the read side is made of: the parts of the engine, and what others know and it only passes on. */

import type {
  AlertView,
  HealthView,
  TierControlView,
} from "../../monitoring/api/overview-views.ts";
import type { AuditView } from "../../monitoring/api/shared-views.ts";
import type { Config } from "../config.ts";
import type { Engine } from "../core/engine.ts";
import type { InstanceId } from "../core/ids.ts";
import type { PoolStatus } from "../core/pool-status.ts";
import type { Env } from "../core/ports.ts";
import type { TaskQueue } from "../core/queue.ts";
import type { Tier } from "../core/tier.ts";
import type { DeadlineDesk } from "../deadline-desk.ts";
import type { KindRegistry } from "../pool/kind-registry.ts";
import type { Store } from "../store/database.ts";
import { WorkerMemory } from "./worker-memory.ts";

/** What others know: health, alerts, what a person did. */
export interface WatchPorts {
  readonly health: () => Promise<HealthView>;
  readonly alerts: () => readonly AlertView[];
  readonly controls: () => Readonly<Record<Tier, TierControlView>>;
  readonly audit: () => AuditView | Promise<AuditView>;
  /** Bytes by process; null: not known. */
  readonly memoryOf: (
    pids: readonly number[],
  ) => Promise<ReadonlyMap<number, number | null>>;
  /** Nothing can be steered from outside. */
  readonly isReadOnly: boolean;
}

export interface WatchParts {
  readonly env: Env;
  readonly id: InstanceId;
  readonly config: Pick<Config, "home" | "instances" | "board">;
  readonly store: Store;
  readonly queue: TaskQueue;
  readonly engine: Pick<
    Engine,
    "get" | "output" | "kinds" | "onTaskChanged" | "runsHere"
  >;
  readonly pool: { status(): PoolStatus };
  readonly kinds: Pick<KindRegistry, "get" | "names">;
  /** Null: limits are not learned. */
  readonly deadlines: Pick<DeadlineDesk, "kindLimits" | "statsOf"> | null;
  /** What is left out is as if nobody knew anything. */
  readonly ports?: Partial<WatchPorts>;
}

/** With nothing left out. */
export interface Watched extends Omit<WatchParts, "ports"> {
  readonly ports: WatchPorts;
}

const FREE: TierControlView = { paused: false, draining: false, limit: null };

export function watchedBy(parts: WatchParts): Watched {
  const memory = new WorkerMemory(parts);
  const ports: WatchPorts = {
    health: async () => ({ status: "ok", at: parts.env.now(), probes: [] }),
    alerts: () => [],
    controls: () =>
      parts.pool.status().controls ?? { hot: FREE, warm: FREE, cold: FREE },
    audit: () => ({ entries: [] }),
    memoryOf: (pids) => memory.of(pids),
    isReadOnly: false,
    ...parts.ports,
  };
  return { ...parts, ports };
}
