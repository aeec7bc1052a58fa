/**
 * Whether it is worth waiting for the other votes: not once they can't change the verdict, nor once
 * its chance is high on more than thin evidence (as Adaptive-Consistency stops sampling).
 */

import {
  type Belief,
  byReliability,
  chancesOf,
  consensus,
  type PanelRecords,
  recordsOf,
  type Vote,
  type Voter,
  weightOf,
} from "./consensus.ts";
import { MAX_GROUPED } from "./reliability-counts.ts";

export type Settled =
  /** Whatever the others say. */
  | "cannot_change"
  /** The leading answer's chance is over the limit. */
  | "sure_enough"
  | null;

/** Above this chance the others are not waited for. */
export const SURE_ENOUGH = 0.95;
/** A chance that rests on fewer checked answers of each voter is no reason to stop. */
const ENOUGH_RUNS = 20;

/** `sureAt` 1: only where nothing can change. */
export function settled(
  votes: readonly Vote[],
  waiting: readonly Voter[],
  belief: Belief,
  sureAt: number = SURE_ENOUGH,
): Settled {
  if (votes.length === 0) return null;
  if (waiting.length === 0) return "cannot_change";
  const [leader] = consensus(votes, belief, waiting.length);
  if (leader === undefined) return null;
  if (
    leader.chance > sureAt &&
    leader.voters.every(({ expert }) => belief.runsOf(expert) >= ENOUGH_RUNS)
  )
    return "sure_enough";
  const isFixed =
    votes.length + waiting.length <= MAX_GROUPED
      ? isFixedByTrial(votes, waiting, belief)
      : isFixedByMargin(votes, waiting, belief);
  return isFixed ? "cannot_change" : null;
}

/** Weights add up: the lead is larger than all that could still go against it. */
function isFixedByMargin(
  votes: readonly Vote[],
  waiting: readonly Voter[],
  belief: Belief,
): boolean {
  const sums = new Map<string, number>();
  for (const { key, expert } of votes)
    sums.set(key, (sums.get(key) ?? 0) + weightOf(expert, belief));
  const [first = 0, second = 0] = [...sums.values()].sort((a, b) => b - a);
  const most = waiting.reduce(
    (sum, { expert }) => sum + Math.abs(weightOf(expert, belief)),
    0,
  );
  // An answer nobody gave yet begins at 0.
  return first - Math.max(0, second) > most;
}

/** Every way in which the others can join an answer or give one of their own: at most 203. */
function isFixedByTrial(
  votes: readonly Vote[],
  waiting: readonly Voter[],
  belief: Belief,
): boolean {
  const groups: Voter[][] = consensus(votes, belief, waiting.length).map(
    ({ voters }) => [...voters],
  );
  const records = recordsOf([...votes, ...waiting], belief);
  return staysFirst(groups, waiting, (all) => leads(all, belief, records));
}

/** Whether the first group still leads in every completion. Leaves `groups` as they were. */
function staysFirst(
  groups: Voter[][],
  waiting: readonly Voter[],
  isFirst: (groups: readonly (readonly Voter[])[]) => boolean,
): boolean {
  const [next, ...others] = waiting;
  if (next === undefined) return isFirst(groups);
  // Against the leader first: if it can be overtaken, that shows soonest.
  for (let at = groups.length - 1; at >= 0; at--) {
    const group = groups[at] ?? [];
    group.push(next);
    const stays = staysFirst(groups, others, isFirst);
    group.pop();
    if (!stays) return false;
  }
  groups.push([next]);
  const stays = staysFirst(groups, others, isFirst);
  groups.pop();
  return stays;
}

function leads(
  unordered: readonly (readonly Voter[])[],
  belief: Belief,
  records: PanelRecords | null,
): boolean {
  const order = byReliability(belief);
  // As the verdict itself would add them up.
  const groups = unordered.map((group) => [...group].sort(order));
  const chances = chancesOf(groups, belief, records);
  const [own = 0] = chances;
  const first = groups[0]?.[0];
  return groups.every(([foremost], at) => {
    const chance = chances[at] ?? 0;
    if (at === 0 || chance < own) return true;
    return (
      chance === own &&
      first !== undefined &&
      foremost !== undefined &&
      order(first, foremost) < 0
    );
  });
}
