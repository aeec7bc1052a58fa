/** What the holder of an item says while it works on it: that it goes on, how far it is, what it needs alone, what the next one should know. */

import type { Update, UpdateReport } from "../core/board.ts";
import { BOARD_LIMITS } from "../core/board-limits.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import {
  assertHolds,
  type BoardContext,
  extensionOf,
  itemRow,
  leaseOf,
  lost,
} from "./board-context.ts";
import { toItem } from "./board-item.ts";
import {
  checkHolder,
  checkLease,
  checkNote,
  checkProgress,
} from "./check-item.ts";
import { checkWhole } from "./check-text.ts";
import type { ItemRow } from "./item-reads.ts";
import { resourceName } from "./resource-name.ts";
import { rideAlong } from "./ride-along.ts";

type Refused = UpdateReport["refused"];

export class UpdateDesk {
  readonly #context: BoardContext;

  constructor(context: BoardContext) {
    this.#context = context;
  }

  async update(id: TaskId, by: HolderId, asked: Update): Promise<UpdateReport> {
    const update = checked(asked, this.#context.root);
    checkHolder(by);
    const row = itemRow(this.#context, id);
    if (row.holder !== by && isNoteAlone(update)) {
      await this.#leaveNote(row, by, update);
      return this.#report(id, "released", null, []);
    }
    assertHolds(this.#context, row, by);
    return update.release
      ? this.#release(row, by, update)
      : this.#goOn(row, by, update);
  }

  async #leaveNote(row: ItemRow, by: HolderId, update: Update): Promise<void> {
    const { store, log, changed } = this.#context;
    await store.commit.write(() => {
      this.#writeNote(row, by, update.note);
      log.countChange();
      log.markSeen(by);
    });
    changed();
  }

  async #goOn(
    row: ItemRow,
    by: HolderId,
    update: Update,
  ): Promise<UpdateReport> {
    const { queue, store, reads, env, changed } = this.#context;
    const leaseMs = extensionOf(this.#context, row, update.leaseMs);
    const lease = leaseOf(row);
    const { done, also } = await rideAlong({
      store,
      reads,
      id: row.id,
      write: () => queue.extend([lease], leaseMs),
      did: ([hold]) => hold !== "lost",
      also: (_, after) =>
        after.holder === by &&
        after.fence === lease.fence &&
        (after.leaseBoot ?? 0) > env.boot()
          ? this.#write(after, by, update, leaseMs)
          : undefined,
    });
    if (also === undefined) throw lost(row.id);
    changed();
    const hold = done[0] === "cancel" ? "cancel" : "held";
    return this.#report(row.id, hold, leaseMs, also);
  }

  async #release(
    row: ItemRow,
    by: HolderId,
    update: Update,
  ): Promise<UpdateReport> {
    const { queue, store, reads, log, resources, changed } = this.#context;
    const lease = leaseOf(row);
    const { also } = await rideAlong({
      store,
      reads,
      id: row.id,
      write: () => queue.release(lease),
      did: (given) => given,
      also: (before, after) => {
        if (before.fence !== lease.fence || before.holder !== by)
          return undefined;
        if (after.holder === by) return undefined;
        this.#writeProgress(before, update);
        this.#writeNote(row, by, update.note);
        resources.releaseAll(row.id);
        // Whoever wanted it cancelled has it so now.
        const { settledAt, state } = after;
        if (settledAt === null) log.add("board.released", row.id, by);
        else log.add("board.ended", row.id, by, { state });
        log.countChange();
        log.markSeen(by);
        return true;
      },
    });
    if (also === undefined) throw lost(row.id);
    this.#context.onReleased?.();
    changed();
    return this.#report(row.id, "released", null, []);
  }

  #write(
    row: ItemRow,
    holder: HolderId,
    update: Update,
    leaseMs: number,
  ): Refused {
    const { resources, log } = this.#context;
    this.#writeProgress(row, update);
    this.#writeNote(row, holder, update.note);
    for (const name of update.releaseResources) resources.release(name, holder);
    const claiming = { holder, taskId: row.id, leaseMs };
    resources.extend(claiming);
    const refused = update.claimResources.flatMap(
      (name) => resources.claim(name, claiming) ?? [],
    );
    log.countChange();
    log.markSeen(holder);
    return refused.map((it) => ({
      name: it.name,
      holder: it.holder,
      taskId: it.taskId,
    }));
  }

  /** A total stays until another is said, or more is done than it. */
  #writeProgress(row: ItemRow, { progress }: Update): void {
    if (progress === null) return;
    const { done } = progress;
    const said = (row.progressTotal ?? 0) >= done ? row.progressTotal : null;
    const total = progress.total ?? said;
    this.#context.writes.progress.run({ seq: row.seq, done, total });
  }

  #writeNote({ seq, id }: ItemRow, by: HolderId, note: string | null): void {
    if (note === null) return;
    const { writes, env, log } = this.#context;
    writes.note.run({ seq, at: env.now(), by, text: note });
    log.add("board.noted", id, by, { note: note.slice(0, 200) });
  }

  #report(
    id: TaskId,
    hold: UpdateReport["hold"],
    leaseMs: number | null,
    refused: Refused,
  ): UpdateReport {
    const { reads, env } = this.#context;
    const item = toItem(reads, itemRow(this.#context, id), env.boot());
    return { item, hold, leaseMs, refused };
  }
}

/** With the names of resources as they are kept. */
function checked(update: Update, root: string): Update {
  const { progress, note, claimResources, releaseResources, leaseMs } = update;
  checkNote(note);
  checkLease(leaseMs);
  if (progress !== null) checkProgress(progress.done, progress.total);
  const names = (asked: readonly string[], where: string): string[] => {
    checkWhole(asked.length, where, 0, BOARD_LIMITS.resources);
    return [...new Set(asked.map((name) => resourceName(name, root)))];
  };
  return {
    ...update,
    claimResources: names(claimResources, "claim_resources"),
    releaseResources: names(releaseResources, "release_resources"),
  };
}

const isNoteAlone = (update: Update): boolean =>
  update.note !== null &&
  update.progress === null &&
  update.claimResources.length === 0 &&
  update.releaseResources.length === 0 &&
  !update.release &&
  update.leaseMs === null;
