/** What is known of a home without asking any part of the engine: room on its disk, the store's log, its servers, its leases. */

import { statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type {
  HealthFacts,
  Neighbours,
} from "../../monitoring/health/health-facts.ts";
import type { InstancesStatus, Rhythm } from "../core/instance.ts";
import type { Env } from "../core/ports.ts";
import type { Store } from "../store/database.ts";

/** A death is told of for so long. */
const DEATH_SHOWN_MS = 600_000;
/** Servers that died are listed up to so many. */
const MAX_DIED = 20;
/** Beside the time after which silence counts as death: until the others have seen it. */
const NOTICED_MS = 2_000;

/** Throws if the home cannot be looked at. */
export function diskRoom(home: string): HealthFacts["disk"] {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(home);
  return {
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
    freeFiles: files > 0 ? ffree : null,
  };
}

/** There is none before the first write. */
export const walBytes = (home: string): number =>
  statSync(join(home, "flow.db-wal"), { throwIfNoEntry: false })?.size ?? 0;

export class HomeFacts {
  readonly #env: Env;
  readonly #rhythm: Rhythm;
  readonly #died;
  readonly #lease;

  constructor({ raw }: Store, env: Env, rhythm: Rhythm) {
    this.#env = env;
    this.#rhythm = rhythm;
    this.#died = raw.prepare<
      { id: string; pid: number; ended_at: number },
      [number]
    >(
      `SELECT id, pid, ended_at FROM instances WHERE end = 'died' AND ended_at > ?
       ORDER BY ended_at DESC LIMIT ${MAX_DIED}`,
    );
    this.#lease = raw.prepare<{ first: number | null }, []>(
      "SELECT min(lease_boot) AS first FROM tasks WHERE lease_boot IS NOT NULL",
    );
  }

  neighbours({ self, alive }: InstancesStatus): Neighbours {
    const now = this.#env.now();
    const silentMs = this.#rhythm.deadAfterMs + NOTICED_MS;
    const died = this.#died.all(now - DEATH_SHOWN_MS);
    return {
      alive: alive.length,
      died: died.map(({ id, pid, ended_at }) => ({
        id,
        pid,
        ms: now - ended_at,
      })),
      silent: alive
        .filter((row) => row.id !== self && row.heartbeatAgeMs > silentMs)
        .map(({ id, pid, heartbeatAgeMs }) => ({
          id,
          pid,
          ms: heartbeatAgeMs,
        })),
      windowMs: DEATH_SHOWN_MS,
    };
  }

  /** Whether `self` has lived longest of those that live; also if nobody else is known to. */
  leads({ self, alive }: InstancesStatus): boolean {
    const living = alive
      .filter(
        ({ heartbeatAgeMs }) => heartbeatAgeMs <= this.#rhythm.deadAfterMs,
      )
      .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
    return living.length === 0 || living[0]?.id === self;
  }

  /** For how long the first lease to run out has been overdue, ms; null: none has. */
  overdueMs(): number | null {
    const first = this.#lease.get()?.first ?? null;
    if (first === null) return null;
    const overdue = this.#env.boot() - first;
    return overdue > 0 ? overdue : null;
  }
}
