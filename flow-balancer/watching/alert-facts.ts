/** Takes the facts of alerts from the store and the parts of a running server: a few reads on indexes, half a millisecond in all. What cannot be read is unknown, not an error. */

import type { AlertFacts } from "../../monitoring/alerts/alert-facts.ts";
import type { HealthParts } from "./health-desk.ts";
import { diskRoom, HomeFacts, walBytes } from "./home-facts.ts";
import { OldestWaitingTask } from "./oldest-waiting.ts";
import { RecentOutcomes } from "./recent-outcomes.ts";

export interface AlertFactsParts extends Pick<
  HealthParts,
  "env" | "home" | "store" | "rhythm" | "sharing" | "diskRoom"
> {
  readonly pool: Pick<HealthParts["pool"], "status">;
}

export class AlertFactsReader {
  readonly #parts: AlertFactsParts;
  readonly #home: HomeFacts;
  readonly #outcomes: RecentOutcomes;
  readonly #oldest: OldestWaitingTask;

  constructor(parts: AlertFactsParts) {
    const { env, store, rhythm } = parts;
    this.#parts = parts;
    this.#home = new HomeFacts(store, env, rhythm);
    this.#outcomes = new RecentOutcomes(store.raw);
    this.#oldest = new OldestWaitingTask(store.raw);
  }

  read(): AlertFacts {
    const { env, home, pool, sharing } = this.#parts;
    const room = this.#parts.diskRoom ?? diskRoom;
    const now = env.now();
    return {
      at: now,
      recent: known(() => this.#outcomes.read(now)),
      pool: known(() => pool.status()),
      oldest: known(() => this.#oldest.read(now)),
      neighbours: known(() => this.#home.neighbours(sharing.status())),
      disk: known(() => room(home)),
      wal: known(() => ({ bytes: walBytes(home) })),
      beat: known(() => sharing.lastBeat()),
    };
  }

  /** Whether this server tells of what concerns the whole home: the one that has lived longest does. */
  leads(): boolean {
    return known(() => this.#home.leads(this.#parts.sharing.status())) ?? true;
  }
}

function known<Fact>(read: () => Fact): Fact | null {
  try {
    return read();
  } catch {
    // Health says what is wrong with the store or the disk.
    return null;
  }
}
