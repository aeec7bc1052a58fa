/**
 * Claims. Within one priority the order is that of arrival, so only the heads of the priorities (21 at
 * most) compete: each is one seek in the index of what is ready, whatever the number of tasks. Everything
 * is to be called inside a write, which is what makes a claim atomic.
 */

import { agedPriority } from "../core/ageing.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { ClaimAsk, Claimed, Hold, Lease } from "../core/queue.ts";
import type { Store } from "../store/database.ts";
import {
  prepareClaims,
  type Candidate,
  type Search,
} from "./claim-statements.ts";
import type { GroupPlaces } from "./group-places.ts";
import type { Tallies } from "./tallies.ts";
import { termsOf, toRecord } from "./task-row.ts";

/** Above every priority. */
const TOP = 1_000;
/** Tasks without a place in their group that one claim may park, in about 50 ms; what is left of them is the next one's. More than a few are only there if very many of one group came back at the same moment. */
const MAX_PARKED = 4_000;
/** Looked at together once some of them turned out to have no place. */
const WINDOW = 64;

export class Claims {
  readonly #env: Env;
  readonly #groups: GroupPlaces;
  readonly #tallies: Tallies;
  readonly #sql: ReturnType<typeof prepareClaims>;

  constructor(
    store: Store,
    env: Env,
    { groups, tallies }: { groups: GroupPlaces; tallies: Tallies },
  ) {
    this.#env = env;
    this.#groups = groups;
    this.#tallies = tallies;
    this.#sql = prepareClaims(store);
  }

  claim(ask: ClaimAsk): readonly Claimed[] {
    const claimed: Claimed[] = [];
    let parked = 0;
    while (claimed.length < ask.max && parked < MAX_PARKED) {
      const wanted = ask.max - claimed.length;
      const size = parked === 0 ? wanted : Math.max(wanted, WINDOW);
      const found = this.#candidates(ask, size);
      for (const { seq, groupKey, groupLimit } of found) {
        if (claimed.length === ask.max) break;
        if (
          groupKey === null ||
          this.#groups.hasPlace(groupKey, groupLimit ?? 1)
        )
          claimed.push(this.#take(seq, ask));
        else {
          this.#groups.park(seq);
          parked += 1;
        }
      }
      // By name they are all there at once.
      if (found.length < size || ask.ids !== undefined) break;
    }
    return claimed;
  }

  extend(lease: Lease, leaseMs: number): Hold {
    const held = this.#sql.lease.get({ id: lease.id });
    if (held === null || held.fence !== lease.fence || held.holder === null)
      return "lost";
    if (held.leaseBoot !== null)
      this.#sql.extend.run({ seq: held.seq, leaseBoot: this.#until(leaseMs) });
    return held.cancelAsked === 1 ? "cancel" : "held";
  }

  held = (holder: HolderId): readonly Lease[] => this.#sql.held.all({ holder });

  cancelAsked = (holder: HolderId): readonly TaskId[] =>
    this.#sql.cancelAsked.all({ holder }).map(({ id }) => id);

  /** The most urgent `size` of what is ready. */
  #candidates(ask: ClaimAsk, size: number): readonly Candidate[] {
    const { queue, kinds, ids } = ask;
    if (ids !== undefined)
      return this.#inOrder(
        this.#sql.byId
          .all({ queue, ids: JSON.stringify(ids) })
          .filter(({ kind }) => kinds?.includes(kind) ?? true),
      );
    const { any } = this.#sql;
    const ofKind = this.#searchOf(ask);
    const found =
      kinds === undefined
        ? heads(any, { queue }, size)
        : [...new Set(kinds)].flatMap((kind) =>
            heads(ofKind, { queue, kind }, size),
          );
    return this.#inOrder(found).slice(0, size);
  }

  #searchOf({ inSession }: ClaimAsk) {
    const { kind, kindInSession, kindInNone } = this.#sql;
    if (inSession === undefined) return kind;
    return inSession ? kindInSession : kindInNone;
  }

  #inOrder(found: Candidate[]): Candidate[] {
    const now = this.#env.now();
    const aged = ({ priority, submittedAt }: Candidate): number =>
      agedPriority(priority, now - submittedAt);
    return found.sort((a, b) => aged(b) - aged(a) || a.seq - b.seq);
  }

  #take(seq: number, { holder, leaseMs }: ClaimAsk): Claimed {
    const row = this.#sql.take.get({
      seq,
      holder,
      leaseBoot: leaseMs === null ? null : this.#until(leaseMs),
      state: leaseMs === null ? "queued" : "running",
      startedAt: leaseMs === null ? null : this.#env.now(),
    });
    if (row === null) throw new Error(`task ${seq} vanished under the lock`);
    this.#tallies.move("queued", row.state);
    const { id, attempt, fence } = row;
    return {
      task: toRecord(row),
      lease: { id, attempt, fence },
      terms: termsOf(row),
    };
  }

  #until = (leaseMs: number): number =>
    Math.ceil(this.#env.boot() + Math.max(0, leaseMs));
}

/** The first `size` of each priority. */
function heads<Where extends object>(
  search: Search<Where>,
  where: Where,
  size: number,
): Candidate[] {
  const found: Candidate[] = [];
  for (let below = TOP; ;) {
    const next = search.nextPriority.get({ ...where, below });
    if (next === null) return found;
    below = next.priority;
    found.push(...search.heads.all({ ...where, priority: below, size }));
  }
}
