/**
 * Work for scripts, which speak to a bridge and not to the board. The bridge holds an item and offers it;
 * a script takes it from the bridge, which goes on holding it, and speaks for it under the same lease. An
 * offer that no script has taken is still anybody's: a claim withdraws it (see claim-desk.ts).
 */

import { type HolderId, type TaskId, SHELL_BRIDGE } from "../core/ids.ts";
import type { Claimed, Lease } from "../core/queue.ts";
import type { BoardContext } from "./board-context.ts";
import { checkHolder } from "./check-item.ts";
import { invalid } from "./check-text.ts";
import { rankReady } from "./claimable-work.ts";
import { lookAround } from "./look-around.ts";
import { rideAlong } from "./ride-along.ts";

export class ScriptOffers {
  readonly #context: BoardContext;

  constructor(context: BoardContext) {
    this.#context = context;
  }

  async offer(
    max: number,
    declared: readonly string[] | null,
    leaseMs: number,
  ): Promise<readonly Claimed[]> {
    await lookAround(this.#context);
    const ranking = rankReady(
      { ...this.#context, withdraw: null },
      {
        holder: null,
        declared,
        load: { activeWeight: 0, capacity: Number.POSITIVE_INFINITY },
      },
    );
    const offers = await Promise.all(
      ranking.suggestions
        .slice(0, max)
        .map(({ id }) => this.#hold(id, leaseMs)),
    );
    return offers.flat();
  }

  async #hold(id: TaskId, leaseMs: number): Promise<readonly Claimed[]> {
    const { store, reads, queue, writes } = this.#context;
    const holder = SHELL_BRIDGE;
    const { done } = await rideAlong({
      store,
      reads,
      id,
      write: () =>
        queue.claim({ queue: "board", holder, max: 1, leaseMs, ids: [id] }),
      did: (claimed) => claimed.length === 1,
      also: (before, after) => {
        if (after.fence === before.fence || after.holder !== holder)
          return undefined;
        writes.claimed.run({ seq: after.seq, holder });
        return true;
      },
    });
    return done;
  }

  async taken(lease: Lease, by: HolderId): Promise<boolean> {
    checkHolder(by);
    if (by === SHELL_BRIDGE)
      throw invalid(`holder: ${SHELL_BRIDGE} is the bridge's own name`);
    const { store, reads, writes, log, changed } = this.#context;
    const isTaken = await store.commit.write(() => {
      const row = reads.item.get({ id: lease.id });
      if (row?.holder !== SHELL_BRIDGE || row.fence !== lease.fence)
        return false;
      writes.claimed.run({ seq: row.seq, holder: by });
      log.add("board.claimed", row.id, by, { attempt: row.attempt });
      log.countChange();
      return true;
    });
    if (isTaken) changed();
    return isTaken;
  }
}
