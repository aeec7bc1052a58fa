/** Whether those who voted agree, which is more than who leads: a tie is no answer, and one vote that nobody seconds is none unless its record speaks for it. */

import {
  type Candidate,
  consensus,
  type Vote,
  type Voter,
} from "./consensus.ts";
import { settled } from "./consensus-stop.ts";
import { ENOUGH_RUNS, type PanelBelief } from "./aggregate-memory.ts";

/** Behind every place there is. */
const LATE = 1_000_000;

/** What leads, alone. */
export interface Lead {
  readonly leader: Candidate;
  /** Null: too few of its voters' answers were checked to say. */
  readonly chance: number | null;
  /** Enough to stand by: seconded, or by its record right more often than not. */
  readonly isAgreed: boolean;
}

/** Null for a tie. `toCome` more votes are expected. */
export function leadOf(
  votes: readonly Vote[],
  { belief, basis }: PanelBelief,
  toCome: number,
): Lead | null {
  const [leader, second] = consensus(votes, belief, toCome);
  if (leader === undefined || leader.chance === second?.chance) return null;
  const isKnown =
    basis === "checks" &&
    leader.voters.every(({ expert }) => belief.runsOf(expert) >= ENOUGH_RUNS);
  const chance = isKnown ? leader.chance : null;
  const isAgreed =
    leader.voters.length > 1 || (chance !== null && chance > 0.5);
  return { leader, chance, isAgreed };
}

/** Why the votes that are still out needn't be waited for; null: they have to be. */
export function whyEnough(
  votes: readonly Vote[],
  waiting: readonly Voter[],
  panel: PanelBelief,
): string | null {
  const now = leadOf(votes, panel, waiting.length);
  if (!now?.isAgreed) return null;
  // What agreement alone makes likely was never checked: no reason to stop.
  const sureAt = panel.basis === "checks" ? undefined : 1;
  const n = now.leader.voters.length;
  // A tie goes against the leader here, for it would be no agreement.
  const others = votes.map((vote) =>
    vote.key === now.leader.key ? { ...vote, place: vote.place + LATE } : vote,
  );
  switch (settled(others, waiting, panel.belief, sureAt)) {
    case "cannot_change":
      return `${n} agree, and whatever the others say cannot change that`;
    case "sure_enough":
      return `${n === 1 ? "one answer" : `${n} that agree`}, right with a chance of ${percent(now.chance)} by what checks of earlier answers showed`;
    case null:
      return null;
  }
}

/** Of those who wait, how many have to vote at least before it could be enough: if all said the same. */
export function quorum(
  votes: readonly Vote[],
  waiting: readonly Voter[],
  panel: PanelBelief,
): number {
  const [leader] = consensus(votes, panel.belief, waiting.length);
  const key = leader?.key ?? "";
  for (let n = 1; n < waiting.length; n++) {
    const more = waiting.slice(0, n).map((voter) => ({ ...voter, key }));
    if (whyEnough([...votes, ...more], waiting.slice(n), panel) !== null)
      return n;
  }
  return waiting.length;
}

/** Rounded down: never surer than it is. */
export const percent = (share: number | null): string =>
  share === null ? "-" : `${Math.floor(share * 100)} %`;
