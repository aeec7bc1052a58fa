/**
 * Which answer the votes are for. A vote counts the log-odds that its expert is right and not one of
 * the others by chance: log(p (K-1) / (1-p)), p how often the expert was right, K how many answers
 * there could be (weighted vote of Nitzan and Paroush, 1982). Small panels are corrected by how often
 * just these experts, agreeing against just those, were right. Votes come in any order: the verdict is
 * of the set.
 */

import { groupBits, MAX_GROUPED } from "./reliability-counts.ts";

export interface Vote {
  /** Where the voter stands in the caller's list: of equals, the first has it. */
  readonly place: number;
  readonly expert: string;
  /** Canonical form of the answer. */
  readonly key: string;
}

/** Who is still to vote. */
export type Voter = Omit<Vote, "key">;

/** What is believed of experts at tasks of one type. */
export interface Belief {
  /** Chance that the expert is right, within (0, 1). */
  rateOf(expert: string): number;
  /** How many answers that rests on. */
  runsOf(expert: string): number;
  /** Chance that two wrong answers are the same, within (0, 1): 1 / (K-1). */
  readonly collision: number;
  /** Of the groups (bits) of a panel sorted by name: what their record makes of the chance that votes give them. Null: no records. */
  groupsOf(
    panel: readonly string[],
  ): ((bits: number, chance: number) => number) | null;
}

export interface Candidate {
  readonly key: string;
  /** Chance that it is right. */
  readonly chance: number;
  /** Who gave it: the most reliable first. */
  readonly voters: readonly Voter[];
}

/** Best first: by chance, then by the most reliable voter, then by its place. */
export type Verdict = readonly Candidate[];

/** Of the votes there are; `toCome` more are expected. */
export function consensus(
  votes: readonly Vote[],
  belief: Belief,
  toCome = 0,
): Verdict {
  const byKey = Map.groupBy(votes, ({ key }) => key);
  const blocks = [...byKey].map(([key, given]) => ({
    key,
    voters: given
      .map(({ place, expert }) => ({ place, expert }))
      .sort(byReliability(belief)),
  }));
  const chances = chancesOf(
    blocks.map(({ voters }) => voters),
    belief,
    votes.length + toCome <= MAX_GROUPED ? recordsOf(votes, belief) : null,
  );
  return blocks
    .map((block, at) => ({ ...block, chance: chances[at] ?? 0 }))
    .sort((a, b) => b.chance - a.chance || better(belief, a, b));
}

/** The log-odds a vote of the expert counts. */
export function weightOf(expert: string, belief: Belief): number {
  const rate = belief.rateOf(expert);
  return Math.log(rate / ((1 - rate) * belief.collision));
}

/** Most reliable first; of equals, the first in the caller's list. Also the order in which to ask. */
export const byReliability =
  (belief: Belief) =>
  (a: Voter, b: Voter): number =>
    belief.rateOf(b.expert) - belief.rateOf(a.expert) || a.place - b.place;

/** The records of a panel: its experts sorted by name, and what the records make of a group's chance. */
export interface PanelRecords {
  readonly panel: readonly string[];
  readonly correct: (bits: number, chance: number) => number;
}

export function recordsOf(
  voters: readonly Voter[],
  belief: Belief,
): PanelRecords | null {
  const panel = voters.map(({ expert }) => expert).sort();
  const correct = belief.groupsOf(panel);
  return correct === null ? null : { panel, correct };
}

/** How likely each group of voters, who agree among themselves and with no other, is right. */
export function chancesOf(
  groups: readonly (readonly Voter[])[],
  belief: Belief,
  records: PanelRecords | null,
): number[] {
  const scores = groups.map((voters) =>
    voters.reduce((sum, { expert }) => sum + weightOf(expert, belief), 0),
  );
  const top = Math.max(0, ...scores);
  // Answers nobody gave have no votes for them: log-odds 0.
  const unseen = Math.max(1, 1 + 1 / belief.collision - groups.length);
  // Added up by size, so that the order of the groups makes no difference, not even in the last digit.
  const all = [...scores]
    .sort((a, b) => a - b)
    .reduce(
      (sum, score) => sum + Math.exp(score - top),
      unseen * Math.exp(-top),
    );
  const chances = scores.map((score) => Math.exp(score - top) / all);
  if (records === null) return chances;
  const { panel, correct } = records;
  return chances.map((chance, at) =>
    correct(
      groupBits(panel, groups[at]?.map(({ expert }) => expert) ?? []),
      chance,
    ),
  );
}

function better(
  belief: Belief,
  a: Pick<Candidate, "voters">,
  b: Pick<Candidate, "voters">,
): number {
  const [one] = a.voters;
  const [other] = b.voters;
  return one === undefined || other === undefined
    ? 0
    : byReliability(belief)(one, other);
}
