/**
 * The board on the store: work that agents, people and scripts do themselves. Its items are tasks of the
 * queue, which alone decides who holds one; what an item has beside is written in the transaction of the
 * queue's own write (ride-along.ts), and what happened with it.
 */

import type {
  Board,
  BoardItem,
  ClaimOptions,
  ClaimReport,
  Claimer,
  Completion,
  CompletionReport,
  FlowStatus,
  ListType,
  NewItem,
  Update,
  UpdateReport,
} from "../core/board.ts";
import { type HolderId, type TaskId, taskId } from "../core/ids.ts";
import type { Claimed, Lease } from "../core/queue.ts";
import type { EpochMs } from "../core/time.ts";
import {
  type BoardContext,
  type BoardParts,
  itemRow,
} from "./board-context.ts";
import { BoardFile } from "./board-file.ts";
import { toItem } from "./board-item.ts";
import { BoardLog } from "./board-log.ts";
import { boardContent, statusOf } from "./board-view.ts";
import { prepareBoardWrites } from "./board-writes.ts";
import { checkClaimer, checkHolder } from "./check-item.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { CompletionDesk } from "./completion-desk.ts";
import { prepareItemReads } from "./item-reads.ts";
import { leaveBoard } from "./leave-board.ts";
import { lookAround } from "./look-around.ts";
import { MetaValues } from "./meta-values.ts";
import { planItems } from "./plan-items.ts";
import { ResourceDesk } from "./resource-desk.ts";
import { ScriptOffers } from "./script-offers.ts";
import { UpdateDesk } from "./update-desk.ts";

/** What it is made of, once it is used. */
interface Opened {
  readonly context: BoardContext;
  readonly file: BoardFile;
  readonly claims: ClaimDesk;
  readonly updates: UpdateDesk;
  readonly completions: CompletionDesk;
  readonly offers: ScriptOffers;
}

export class SqliteBoard implements Board {
  readonly #parts: BoardParts;
  #opened: Opened | null = null;

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  /** Compiling its statements takes 10 to 20 ms, which a server that starts does not spend on it. */
  get #board(): Opened {
    return (this.#opened ??= open(this.#parts));
  }

  get #context(): BoardContext {
    return this.#board.context;
  }

  async add(
    items: readonly NewItem[],
    type: ListType,
    by: HolderId,
  ): Promise<readonly BoardItem[]> {
    checkHolder(by);
    const { env, reads, queue, store, changed, refusal } = this.#context;
    const refused = refusal?.() ?? null;
    if (refused !== null) throw refused;
    const planned = planItems({
      items,
      type,
      newId: () => taskId(env.unique()),
      isThere: (ref) => reads.isThere.get({ id: ref }) !== undefined,
    });
    const note = (): boolean => this.#noteAdded(planned, by);
    // Both in one transaction: nobody sees a task without its item.
    const [, noted] = await Promise.all(
      store.commit.asOne(
        () =>
          [
            queue.add(planned.map(({ task }) => task)),
            store.commit.write(note),
          ] as const,
      ),
    );
    if (!noted) await store.commit.write(note);
    changed();
    return planned.map(({ task }) => this.#read(task.id));
  }

  /** False: the tasks are not there yet. */
  #noteAdded(planned: ReturnType<typeof planItems>, by: HolderId): boolean {
    const { reads, writes, log } = this.#context;
    for (const { item, task } of planned) {
      const seq = reads.isThere.get({ id: task.id })?.seq;
      if (seq === undefined) return false;
      writes.insert.run({
        seq,
        taskId: task.id,
        title: item.title,
        details: item.details,
        weight: item.weight,
        capabilitiesJson: JSON.stringify(item.capabilities),
        createdBy: by,
        requiredJson: JSON.stringify(item.required),
      });
    }
    const first = planned[0]?.task.id ?? null;
    log.add("board.added", first, by, { items: planned.length });
    log.countChange();
    log.markSeen(by);
    return true;
  }

  claim(by: Claimer, options: ClaimOptions): Promise<ClaimReport> {
    return this.#board.claims.claim(by, options);
  }

  update(id: TaskId, by: HolderId, update: Update): Promise<UpdateReport> {
    return this.#board.updates.update(id, by, update);
  }

  /** With a `fence`, only for the claim that had it: NOT_OWNER if the item was claimed again since. */
  complete(
    id: TaskId,
    by: HolderId,
    completion: Completion,
    fence: number | null = null,
  ): Promise<CompletionReport> {
    return this.#board.completions.complete(id, by, completion, fence);
  }

  /** See leave-board.ts. */
  leave(prefix: string): Promise<void> {
    const { store } = this.#context;
    return leaveBoard(
      store,
      (id, by, update) => this.update(id, by, update),
      prefix,
    );
  }

  async get(id: TaskId): Promise<BoardItem | null> {
    const { reads, env } = this.#context;
    const row = reads.item.get({ id });
    return row === undefined ? null : toItem(reads, row, env.boot());
  }

  async status(by: Claimer, since: EpochMs | null): Promise<FlowStatus> {
    checkClaimer(by);
    await lookAround(this.#context);
    const { store, log } = this.#context;
    // What happens from here on is for the next time.
    const last = log.last();
    const status = statusOf(this.#context, by, since);
    await store.commit.write(() => log.markSeen(by.holder, last));
    return status;
  }

  /** For the bridge to scripts: the best of what is ready, claimed by it (`SHELL_BRIDGE`), at most `max`. `declared`: what scripts can do; null: anything. */
  offer(
    max: number,
    declared: readonly string[] | null,
    leaseMs: number,
  ): Promise<readonly Claimed[]> {
    return this.#board.offers.offer(max, declared, leaseMs);
  }

  /** A script has taken what the bridge offered under this lease, and works on it. False: the lease is out of date. */
  taken(lease: Lease, by: HolderId): Promise<boolean> {
    return this.#board.offers.taken(lease, by);
  }

  /** Writes board.json now if it is behind: for a process that is about to end. Throws STORAGE_FAILED. */
  flush(): void {
    this.#opened?.file.flush();
  }

  #read(id: TaskId): BoardItem {
    const { reads, env } = this.#context;
    return toItem(reads, itemRow(this.#context, id), env.boot());
  }
}

function open(parts: BoardParts): Opened {
  const { store, env, home } = parts;
  const meta = new MetaValues(store);
  const log = new BoardLog(store, env, meta);
  const context: BoardContext = {
    ...parts,
    reads: prepareItemReads(store),
    writes: prepareBoardWrites(store),
    meta,
    log,
    resources: new ResourceDesk(store, env),
    changed: () => file.touch(),
  };
  const file = new BoardFile({
    env,
    home,
    content: () => boardContent(context),
    changes: () => log.changes(),
  });
  return {
    context,
    file,
    claims: new ClaimDesk(context),
    updates: new UpdateDesk(context),
    completions: new CompletionDesk(context),
    offers: new ScriptOffers(context),
  };
}
