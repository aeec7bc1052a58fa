/** Gives out work: the best for whoever asks, or what was asked for by name; and says why not the rest. */

import { SHELL_BRIDGE } from "../core/ids.ts";
import type {
  ClaimOptions,
  ClaimReport,
  Claimer,
  Obstacle,
  Suggestion,
} from "../core/board.ts";
import type { Claimed } from "../core/queue.ts";
import type { Ranking } from "../core/suggest-work.ts";
import { type BoardContext, itemRow, leaseOf } from "./board-context.ts";
import { toItem } from "./board-item.ts";
import { checkClaimer, checkLease } from "./check-item.ts";
import { invalid } from "./check-text.ts";
import {
  askerOf,
  loadOf,
  obstaclesBeside,
  rankOne,
  rankReady,
} from "./claimable-work.ts";
import type { ItemRow } from "./item-reads.ts";
import { lookAround } from "./look-around.ts";
import { rideAlong } from "./ride-along.ts";

const MAX_OTHERS = 3;
const MAX_OBSTACLES = 20;

export class ClaimDesk {
  readonly #context: BoardContext;

  constructor(context: BoardContext) {
    this.#context = context;
  }

  async claim(by: Claimer, options: ClaimOptions): Promise<ClaimReport> {
    checkClaimer(by);
    if (by.holder === SHELL_BRIDGE)
      throw invalid(`holder: ${SHELL_BRIDGE} is the bridge's own name`);
    checkLease(options.leaseMs);
    const context = this.#context;
    await lookAround(context);
    const leaseMs = options.leaseMs ?? context.leaseMs;
    const tried = new Set<string>();
    for (;;) {
      const ranking = this.#rank(by, options);
      const left = ranking.suggestions.filter(({ id }) => !tried.has(id));
      if (left.length === 0) return this.#nothing(by, options, ranking);
      for (const best of left) {
        tried.add(best.id);
        const result = await this.#take(by, best, leaseMs);
        if (result === "taken") return this.#report(by, ranking, best, leaseMs);
        if (result === "lost") break;
      }
    }
  }

  #rank(by: Claimer, { id }: ClaimOptions): Ranking {
    const context = this.#context;
    const asker = askerOf(context, by);
    return id === null
      ? rankReady(context, asker)
      : rankOne(context, asker, itemRow(context, id));
  }

  /**
   * `script`: a script has it, of which the bridge has not heard yet; the rest of the ranking holds as
   * before. `lost`: somebody else has it, or there was no room for it after all.
   */
  async #take(
    by: Claimer,
    { id }: Suggestion,
    leaseMs: number,
  ): Promise<"taken" | "script" | "lost"> {
    const { queue, store, reads, withdraw, changed } = this.#context;
    const row = itemRow(this.#context, id);
    const isOffer = row.holder === SHELL_BRIDGE;
    if (isOffer && withdraw?.(id, row.fence) !== true) return "script";
    const { done, also } = await rideAlong({
      store,
      reads,
      id,
      write: async () => {
        // In one transaction with the claim, so that nobody gets between.
        if (isOffer) void queue.release(leaseOf(row)).catch(() => {});
        return queue.claim({
          queue: "board",
          holder: by.holder,
          max: 1,
          leaseMs,
          ids: [id],
        });
      },
      did: (claimed: readonly Claimed[]) => claimed.length === 1,
      also: (before, after) => {
        if (after.fence === before.fence || after.holder !== by.holder)
          return undefined;
        return this.#note(by, after);
      },
    });
    const lease = done[0]?.lease;
    if (lease === undefined) return "lost";
    if (also === "beyond") {
      await queue.release(lease);
      return "lost";
    }
    changed();
    return "taken";
  }

  /** Two claims for one holder, here or in another process, may each have seen room for themselves alone. */
  #note(by: Claimer, row: ItemRow): "claimed" | "beyond" {
    const { holder } = by;
    const { reads, writes, log } = this.#context;
    const inHand = reads.load.get({ holder });
    const { capacity: most } = loadOf(this.#context, by);
    if (inHand !== undefined && inHand.n > 1 && inHand.weight > most)
      return "beyond";
    writes.claimed.run({ seq: row.seq, holder });
    log.add("board.claimed", row.id, holder, { attempt: row.attempt });
    log.countChange();
    log.markSeen(holder);
    return "claimed";
  }

  #report(
    by: Claimer,
    ranking: Ranking,
    best: Suggestion,
    leaseMs: number,
  ): ClaimReport {
    const context = this.#context;
    return {
      claimed: {
        item: toItem(
          context.reads,
          itemRow(context, best.id),
          context.env.boot(),
        ),
        leaseMs,
        reasons: best.reasons,
      },
      load: loadOf(context, by),
      others: ranking.suggestions
        .filter((it) => it !== best)
        .slice(0, MAX_OTHERS),
      obstacles: ranking.obstacles.slice(0, MAX_OBSTACLES),
    };
  }

  #nothing(
    by: Claimer,
    { id }: ClaimOptions,
    { obstacles }: Ranking,
  ): ClaimReport {
    const context = this.#context;
    const beside: readonly Obstacle[] =
      id === null ? obstaclesBeside(context, by.holder, MAX_OBSTACLES) : [];
    return {
      claimed: null,
      load: loadOf(context, by),
      others: [],
      obstacles: [...obstacles, ...beside].slice(0, MAX_OBSTACLES),
    };
  }
}
