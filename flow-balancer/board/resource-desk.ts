/**
 * Files, ports and the like that somebody works on alone. A claim belongs to a task that its holder has:
 * it lasts as long as the holder's lease, and ends with the task or its release. Names are those of
 * resource-name.ts. Whatever changes runs in the caller's transaction.
 */

import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { ResourceClaim } from "../core/board.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { resourceClaims } from "../store/shared-schema.ts";

const MAX_LISTED = 100;

/** Who claims, for which of its tasks, and for how long. */
interface Claiming {
  readonly holder: HolderId;
  readonly taskId: TaskId;
  readonly leaseMs: number;
}

export class ResourceDesk {
  readonly #env: Env;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env) {
    this.#env = env;
    this.#sql = prepare(store);
  }

  /** Null: it is the task's now. Else who has it: somebody else, or the same holder for another task, with whose end it will go. */
  claim(name: string, by: Claiming): ResourceClaim | null {
    const boot = this.#env.boot();
    const present = this.#sql.get.get({ name, boot });
    if (
      present !== undefined &&
      (present.holder !== by.holder || present.taskId !== by.taskId)
    )
      return { ...present, claimedAt: present.claimedAt as EpochMs };
    this.#sql.put.run({
      name,
      holder: by.holder,
      taskId: by.taskId,
      claimedAt: present?.claimedAt ?? this.#env.now(),
      leaseBoot: boot + by.leaseMs,
    });
    return null;
  }

  /** With the lease of its task. */
  extend({ holder, taskId, leaseMs }: Claiming): void {
    const boot = this.#env.boot();
    this.#sql.extend.run({ holder, taskId, boot, leaseBoot: boot + leaseMs });
  }

  release(name: string, holder: HolderId): void {
    this.#sql.release.run({ name, holder });
  }

  releaseAll(taskId: TaskId): void {
    this.#sql.releaseAll.run({ taskId });
  }

  /** What ran out is nobody's already; this takes it out of the way. */
  sweep(): void {
    this.#sql.sweep.run({ boot: this.#env.boot() });
  }

  list(): readonly ResourceClaim[] {
    return this.#sql.list
      .all({ boot: this.#env.boot(), limit: MAX_LISTED })
      .map((it) => ({ ...it, claimedAt: it.claimedAt as EpochMs }));
  }
}

const p = sql.placeholder;
const isCurrent = gt(resourceClaims.leaseBoot, p("boot"));

const prepare = (store: Store) => ({
  ...prepareReads(store),
  ...prepareChanges(store),
  ...prepareReleases(store),
});

function prepareReads({ orm }: Store) {
  /** Its lease runs, and its task is still with the same holder. */
  const live = () =>
    orm
      .select({
        name: resourceClaims.name,
        holder: resourceClaims.holder,
        taskId: resourceClaims.taskId,
        claimedAt: resourceClaims.claimedAt,
      })
      .from(resourceClaims)
      .innerJoin(
        tasks,
        and(
          eq(tasks.id, resourceClaims.taskId),
          eq(tasks.holder, resourceClaims.holder),
        ),
      );
  return {
    get: live()
      .where(and(eq(resourceClaims.name, p("name")), isCurrent))
      .limit(1)
      .prepare(),
    list: live()
      .where(isCurrent)
      .orderBy(resourceClaims.name)
      .limit(p("limit"))
      .prepare(),
  };
}

const prepareChanges = ({ orm }: Store) => ({
  put: orm
    .insert(resourceClaims)
    .values({
      name: p("name"),
      holder: p("holder"),
      taskId: p("taskId"),
      claimedAt: p("claimedAt"),
      leaseBoot: p("leaseBoot"),
    })
    .onConflictDoUpdate({
      target: resourceClaims.name,
      set: {
        holder: sql`excluded.holder`,
        taskId: sql`excluded.task_id`,
        claimedAt: sql`excluded.claimed_at`,
        leaseBoot: sql`excluded.lease_boot`,
      },
    })
    .prepare(),
  extend: orm
    .update(resourceClaims)
    .set({ leaseBoot: sql`${p("leaseBoot")}` })
    .where(
      and(
        eq(resourceClaims.taskId, p("taskId")),
        eq(resourceClaims.holder, p("holder")),
        isCurrent,
      ),
    )
    .prepare(),
});

const prepareReleases = ({ orm }: Store) => ({
  release: orm
    .delete(resourceClaims)
    .where(
      and(
        eq(resourceClaims.name, p("name")),
        eq(resourceClaims.holder, p("holder")),
      ),
    )
    .prepare(),
  releaseAll: orm
    .delete(resourceClaims)
    .where(eq(resourceClaims.taskId, p("taskId")))
    .prepare(),
  sweep: orm
    .delete(resourceClaims)
    .where(lte(resourceClaims.leaseBoot, p("boot")))
    .prepare(),
});
