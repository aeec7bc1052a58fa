/**
 * All that watches a running server and lets a person steer it, made of its parts. Counting begins with
 * the first event; alerts and the samples of the charts with `start`; the rest is made when somebody looks.
 */

import type { Config } from "../config.ts";
import type { InstanceId, TaskId } from "../core/ids.ts";
import type { DeadlineDesk } from "../deadline-desk.ts";
import type { HomeSharing } from "../home-sharing.ts";
import type { HomeUpkeep } from "../home-upkeep.ts";
import type { Watching } from "../lazy-engine.ts";
import type { LocalEngine } from "../local-engine.ts";
import type { KindRegistry } from "../pool/kind-registry.ts";
import type { MultiTierPoolManager } from "../pool/multi-tier-pool-manager.ts";
import type { Base } from "../running-engine.ts";
import { AuditLog } from "../store/audit-log.ts";
import { LocalSteering } from "./local-steering.ts";
import { LocalWatch } from "./local-watch.ts";
import { MetricsDesk } from "./metrics-desk.ts";
import { EngineFacts } from "./metrics-facts.ts";
import { commitEvents } from "./metrics-sources.ts";
import { watchHealth } from "./watch-health.ts";
import { WorkerMemory } from "./worker-memory.ts";

/** What there is before the parts that tell of themselves. */
export interface MetricsBase extends Pick<Base, "env" | "store"> {
  readonly kinds: KindRegistry;
}

export interface WatchingParts extends Base {
  readonly id: InstanceId;
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly kinds: KindRegistry;
  readonly pool: MultiTierPoolManager;
  readonly engine: LocalEngine;
  readonly sharing: HomeSharing;
  readonly upkeep: HomeUpkeep;
  readonly deadlines: DeadlineDesk | null;
  /** Those who want to hear of tasks that changed. */
  readonly changes: ReadonlySet<(id: TaskId) => void>;
}

interface Opened {
  readonly watch: LocalWatch;
  readonly steering: LocalSteering;
}

export class ServerWatching {
  readonly #metrics: MetricsDesk;
  #parts: WatchingParts | null = null;
  #facts: EngineFacts | undefined;
  #memory: WorkerMemory | undefined;
  #health: ReturnType<typeof watchHealth> | undefined;
  #opened: Opened | undefined;

  /** Made first, since everything else tells it something; `attach` brings what it is asked of. */
  constructor({ env, store, kinds }: MetricsBase) {
    this.#metrics = new MetricsDesk({
      env,
      kinds,
      facts: () => (this.#facts ??= this.#engineFacts()),
    });
    store.commit.watch(commitEvents(this.events));
  }

  get events(): MetricsDesk["sink"] {
    return this.#metrics.sink;
  }

  attach(parts: WatchingParts): void {
    this.#parts = parts;
  }

  start(): void {
    this.#healthAndAlerts.alerts.start();
  }

  /** Before the store is closed. */
  async stop(): Promise<void> {
    this.#metrics.stop();
    this.#opened?.watch.stop();
    this.#health?.health.stop();
    await this.#health?.alerts.stop();
  }

  view(): Watching {
    const { watch, steering } = (this.#opened ??= this.#open());
    return { watch, steering, metricsText: () => this.#metrics.text() };
  }

  #open(): Opened {
    const parts = this.#attached;
    const { health, alerts } = this.#healthAndAlerts;
    const steering = new LocalSteering({
      ...parts,
      audit: new AuditLog(parts.store, parts.env),
      onQueued: (ids) => {
        parts.sharing.nudge();
        for (const id of ids) for (const tell of parts.changes) tell(id);
      },
    });
    const watch = new LocalWatch({
      ...parts,
      ports: {
        health: () => health.look(),
        alerts: () => alerts.current(),
        audit: () => steering.list(),
        memoryOf: (pids) => this.#workerMemory.of(pids),
        isReadOnly: parts.config.http.readOnly,
      },
    });
    steering.onAudit((entry) => watch.audited(entry));
    watch.start();
    return { watch, steering };
  }

  get #healthAndAlerts(): ReturnType<typeof watchHealth> {
    return (this.#health ??= watchHealth(this.#attached));
  }

  #engineFacts(): EngineFacts {
    return new EngineFacts({ ...this.#attached, memory: this.#workerMemory });
  }

  /** One for all who ask: each look at a process costs the kernel something. */
  get #workerMemory(): WorkerMemory {
    return (this.#memory ??= new WorkerMemory(this.#attached));
  }

  get #attached(): WatchingParts {
    if (this.#parts === null) throw new Error("there is nothing to watch yet");
    return this.#parts;
  }
}
