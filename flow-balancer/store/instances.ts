/**
 * The registry of the servers that share a store. Whoever lives says so with a heartbeat; a row ends
 * `stopped` by its own hand or `died` by another's, and goes on if its process was only suspended.
 */

import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { InstanceId } from "../core/ids.ts";
import type {
  CauseOfDeath,
  InstanceRecord,
  InstanceSelf,
  Load,
} from "../core/instance.ts";
import type { Env } from "../core/ports.ts";
import type { Reclaimed } from "../core/queue.ts";
import type { BootMs, EpochMs } from "../core/time.ts";
import type { Store } from "./database.ts";
import { events, instances } from "./shared-schema.ts";

/** Rows of the ended are kept for a week. */
const KEEP_ENDED_MS = 7 * 24 * 60 * 60 * 1_000;

export interface Death {
  readonly cause: CauseOfDeath;
  readonly foundBy: InstanceId;
  readonly work: Reclaimed;
}

export class Instances {
  readonly #store: Store;
  readonly #env: Env;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#sql = prepare(store);
  }

  /** Also for one that comes back after the others took it for dead. */
  register(self: InstanceSelf, load: Load): Promise<void> {
    return this.#store.commit.write(() => {
      const times = this.#beat();
      const before = this.#sql.end.get({ id: self.id });
      const now = { ...load, ...times, endedAt: null, end: null };
      this.#store.orm
        .insert(instances)
        .values({
          ...self,
          ...now,
          bootId: this.#env.bootId,
          startedAt: times.heartbeatAt,
        })
        .onConflictDoUpdate({ target: instances.id, set: now })
        .run();
      this.#store.orm
        .delete(instances)
        .where(lt(instances.endedAt, times.heartbeatAt - KEEP_ENDED_MS))
        .run();
      if (before === undefined || before.endedAt !== null)
        this.#note(
          before === undefined ? "instance.started" : "instance.resumed",
          self.id,
          { pid: self.pid, transport: self.transport, version: self.version },
        );
    });
  }

  /** False if it is not registered, or was found dead: it registers again then. */
  heartbeat(id: InstanceId, load: Load): Promise<boolean> {
    return this.#store.commit.write(
      () => this.#sql.beat.all({ id, ...this.#beat(), ...load }).length === 1,
    );
  }

  /** Its own farewell. Nothing happens if it has ended. */
  stop(id: InstanceId): Promise<void> {
    return this.#store.commit.write(() => {
      if (this.#finish(id, "stopped")) this.#note("instance.stopped", id, {});
    });
  }

  /** After its work has been reclaimed, so that whoever dies in between leaves it to the next. False if it had ended. */
  markDead(id: InstanceId, death: Death): Promise<boolean> {
    return this.#store.commit.write(() => {
      if (!this.#finish(id, "died")) return false;
      const { cause, foundBy, work } = death;
      this.#note("instance.died", id, { cause, found_by: foundBy, ...work });
      return true;
    });
  }

  get(id: InstanceId): InstanceRecord | null {
    return (this.#sql.one.get({ id }) as InstanceRecord | undefined) ?? null;
  }

  /** Those that have not ended, as far as anybody knows. */
  alive(): InstanceRecord[] {
    return this.#sql.alive.all() as InstanceRecord[];
  }

  /** The newest first, with those that have ended. */
  list(limit: number): InstanceRecord[] {
    return this.#sql.newest.all({ limit }) as InstanceRecord[];
  }

  #beat(): { heartbeatAt: EpochMs; heartbeatBoot: BootMs } {
    return { heartbeatAt: this.#env.now(), heartbeatBoot: this.#env.boot() };
  }

  #finish(id: InstanceId, end: "stopped" | "died"): boolean {
    const endedAt = this.#env.now();
    return (
      this.#store.orm
        .update(instances)
        .set({ endedAt, end })
        .where(and(eq(instances.id, id), isNull(instances.endedAt)))
        .returning({ id: instances.id })
        .all().length === 1
    );
  }

  #note(type: string, holder: InstanceId, detail: object): void {
    this.#store.orm
      .insert(events)
      .values({
        at: this.#env.now(),
        type,
        holder,
        detailJson: JSON.stringify(detail),
      })
      .run();
  }
}

/** What runs with every beat, or nearly. */
function prepare({ orm }: Store) {
  const at = <T>(name: string) => sql<T>`${sql.placeholder(name)}`;
  const byId = eq(instances.id, sql.placeholder("id"));
  return {
    one: orm.select().from(instances).where(byId).limit(1).prepare(),
    end: orm
      .select({ endedAt: instances.endedAt })
      .from(instances)
      .where(byId)
      .limit(1)
      .prepare(),
    alive: orm
      .select()
      .from(instances)
      .where(isNull(instances.endedAt))
      .prepare(),
    newest: orm
      .select()
      .from(instances)
      .orderBy(desc(instances.startedAt), desc(instances.id))
      .limit(sql.placeholder("limit"))
      .prepare(),
    beat: orm
      .update(instances)
      .set({
        heartbeatAt: at("heartbeatAt"),
        heartbeatBoot: at("heartbeatBoot"),
        wants: at("wants"),
        share: at("share"),
      })
      .where(and(byId, isNull(instances.endedAt)))
      .returning({ id: instances.id })
      .prepare(),
  };
}
