/** What a claimer can have, in the order of the rule, and why not the rest. Only reads. */

import type { Claimer, Load, Obstacle } from "../core/board.ts";
import { durationInWords } from "../core/duration-in-words.ts";
import { type HolderId, SHELL_BRIDGE } from "../core/ids.ts";
import {
  type Candidate,
  MAX_COUNTED_WAITERS,
  type Ranking,
} from "../core/suggest-work.ts";
import type { EpochMs } from "../core/time.ts";
import { type BoardContext, workerOf } from "./board-context.ts";
import { capabilitiesOf, isReady, leaseLeftMs } from "./board-item.ts";
import { shown } from "./check-text.ts";
import type { CandidateRow, ItemRow } from "./item-reads.ts";

const PAGE = 500;
/** Looked at until something fits. */
const MAX_PAGES = 10;
const MAX_OFFERED = 100;
const MAX_PARENTS = 3;

/** Who asks; `declared` null: nobody in particular, so nothing needed is missed. */
interface Asker {
  readonly holder: HolderId | null;
  readonly declared: readonly string[] | null;
  readonly load: Load;
}

export function loadOf(
  { reads, capacity: usual }: BoardContext,
  { holder, capacity }: Claimer,
): Load {
  const row = reads.load.get({ holder });
  return { activeWeight: row?.weight ?? 0, capacity: capacity ?? usual };
}

export const askerOf = (context: BoardContext, by: Claimer): Asker => ({
  holder: by.holder,
  declared: by.declared,
  load: loadOf(context, by),
});

/** All that is needed to tell why an item is not to be had. */
type Looking = Pick<BoardContext, "reads" | "env" | "withdraw">;

/** Page by page, until something can be offered. */
export function rankReady(context: BoardContext, asker: Asker): Ranking {
  const obstacles: Obstacle[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const ready = context.reads.ready.all({ limit: PAGE, offset: page * PAGE });
    const rows = page === 0 ? [...ready, ...offeredRows(context)] : ready;
    const ranking = rankRows(context, asker, rows);
    obstacles.push(...ranking.obstacles);
    if (ranking.suggestions.length > 0 || ready.length < PAGE)
      return { suggestions: ranking.suggestions, obstacles };
  }
  return { suggestions: [], obstacles };
}

export const offeredRows = ({
  reads,
  withdraw,
}: BoardContext): readonly CandidateRow[] =>
  withdraw === null
    ? []
    : reads.offered.all({ holder: SHELL_BRIDGE, limit: MAX_OFFERED });

/** One item that was asked for by name. */
export function rankOne(
  context: BoardContext,
  asker: Asker,
  row: ItemRow,
): Ranking {
  const obstacle = whyNot(context, row, asker.holder);
  return obstacle === null
    ? rankRows(context, asker, [row])
    : { suggestions: [], obstacles: [obstacle] };
}

function rankRows(
  context: BoardContext,
  { holder, declared, load }: Asker,
  rows: readonly CandidateRow[],
): Ranking {
  const { env, log, writes, suggest } = context;
  const waiters = new WaiterCount(context);
  return suggest({
    candidates: rows.map((row) => toCandidate(row, waiters)),
    declared,
    records: holder === null ? [] : writes.records.all({ holder }),
    load,
    past: rows.length === 0 ? [] : log.pastWork(),
    now: env.now(),
  });
}

const toCandidate = (row: CandidateRow, waiters: WaiterCount): Candidate => ({
  id: row.id,
  title: row.title,
  weight: row.weight,
  priority: row.priority,
  submittedAt: row.submittedAt as EpochMs,
  capabilities: capabilitiesOf(row),
  waiters: row.hasDependants === 0 ? 0 : waiters.of(row.seq),
});

/** Open tasks that wait for one, directly or through others. */
class WaiterCount {
  readonly #context: BoardContext;
  /** What several candidates lead to is looked up once. */
  readonly #children = new Map<number, readonly number[]>();

  constructor(context: BoardContext) {
    this.#context = context;
  }

  of(seq: number): number {
    const found = new Set<number>();
    const open = [seq];
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const child of this.#childrenOf(at)) {
        if (found.has(child)) continue;
        found.add(child);
        open.push(child);
        if (found.size >= MAX_COUNTED_WAITERS) return MAX_COUNTED_WAITERS;
      }
    return found.size;
  }

  #childrenOf(seq: number): readonly number[] {
    const known = this.#children.get(seq);
    if (known !== undefined) return known;
    const limit = MAX_COUNTED_WAITERS;
    const children = this.#context.reads.children
      .all({ seq, limit })
      .map((row) => row.seq);
    this.#children.set(seq, children);
    return children;
  }
}

/** Null: as far as the item goes, it can be claimed. */
export function whyNot(
  context: Looking,
  row: ItemRow,
  by: HolderId | null,
): Obstacle | null {
  const { env, withdraw } = context;
  if (isReady(row) || (withdraw !== null && isOffered(row))) return null;
  const { id, title } = row;
  const because = (reason: string): Obstacle => ({ id, title, reason });
  if (row.settledAt !== null) return because(`it has ended: ${row.state}`);
  if (row.holder !== null && row.holder === by)
    return because("you have it already");
  if (row.holder !== null) {
    const left = leaseLeftMs(row, env.boot());
    return because(
      `${heldBy(workerOf(row) ?? row.holder, row.startedAt, env.now())}${left === null ? "" : `, for another ${durationInWords(left)} unless extended`}`,
    );
  }
  if (row.pending > 0) return because(waitsFor(context, row));
  return because(
    `its pause has ${durationInWords((row.dueBoot ?? 0) - env.boot())} to go`,
  );
}

export const isOffered = (row: ItemRow): boolean =>
  row.holder === SHELL_BRIDGE && row.workedBy === SHELL_BRIDGE;

const heldBy = (holder: HolderId, since: number | null, now: EpochMs): string =>
  `held by ${shown(holder)}${since === null ? "" : ` for ${durationInWords(now - since)}`}`;

const ENDS = {
  success: "",
  finish: " to end in any way",
  failure: " to fail",
} as const;

/** Of a task of the board or the pool. */
export function waitsFor(
  { reads, env }: Pick<Looking, "reads" | "env">,
  row: Pick<ItemRow, "seq" | "pending">,
): string {
  const parents = reads.parents.all({ seq: row.seq, limit: MAX_PARENTS });
  const names = parents.map(({ id, title, on, startedAt, ...held }) => {
    const worker = workerOf(held);
    const who =
      worker === null || worker === SHELL_BRIDGE
        ? "which nobody has taken"
        : heldBy(worker, startedAt, env.now());
    return `${title === null ? id : `'${title}' (${id})`}${ENDS[on]}, ${who}`;
  });
  const more = row.pending - names.length;
  return `waits for ${names.join("; for ")}${more > 0 ? `; and for ${more} more` : ""}`;
}

/** What cannot be claimed because it waits, or somebody has it; the oldest first. */
export function obstaclesBeside(
  context: BoardContext,
  by: HolderId,
  limit: number,
): readonly Obstacle[] {
  const { reads } = context;
  return [...reads.active.all({ limit }), ...reads.blocked.all({ limit })]
    .flatMap((row) => whyNot(context, row, by) ?? [])
    .slice(0, limit);
}
