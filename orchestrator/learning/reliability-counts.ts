/**
 * What was counted of checked answers to tasks of one type: how often each expert was right, how
 * often two wrong answers were the same, and how often each group that agreed was right. Counts only,
 * so that any order of learning and any split over instances comes to the same.
 */

/** Experts remembered a type; further ones are taken for unknown. */
export const MAX_EXPERTS = 64;
/** Larger panels have too many groups to learn one by one (2^k). */
export const MAX_GROUPED = 6;
/** Panels (who was asked together) remembered a type; each has at most 63 groups. */
const MAX_PANELS = 16;

/** Of `n`, so many were right. */
export interface Tally {
  right: number;
  n: number;
}

export interface ReliabilityCounts {
  readonly experts: Map<string, Tally>;
  /** Of pairs that were both wrong: `right` counts those that said the same. */
  readonly sameWrong: Tally;
  /** By panel, then by which of its members, as bits, gave one and the same answer that no other gave. */
  readonly panels: Map<string, Map<number, Tally>>;
}

/** Two experts, or two attempts of one, gave answers with these keys; null: it gave none. */
export interface CheckedAnswer {
  readonly expert: string;
  readonly key: string | null;
  readonly ok: boolean;
}

export const newCounts = (): ReliabilityCounts => ({
  experts: new Map(),
  sameWrong: { right: 0, n: 0 },
  panels: new Map(),
});

/** All answers to one task that were checked. */
export function countTask(
  counts: ReliabilityCounts,
  answers: readonly CheckedAnswer[],
): void {
  for (const { expert, ok } of answers) countExpert(counts, expert, ok);
  const given = answers.filter(({ key }) => key !== null);
  for (const [at, one] of given.entries())
    for (const other of given.slice(0, at)) {
      if (one.ok || other.ok) continue;
      counts.sameWrong.n++;
      if (one.key === other.key) counts.sameWrong.right++;
    }
  countGroups(counts, given);
}

function countExpert(
  { experts }: ReliabilityCounts,
  expert: string,
  ok: boolean,
): void {
  const tally = experts.get(expert) ?? { right: 0, n: 0 };
  if (tally.n === 0) {
    if (experts.size >= MAX_EXPERTS) return;
    experts.set(expert, tally);
  }
  tally.n++;
  if (ok) tally.right++;
}

function countGroups(
  { panels }: ReliabilityCounts,
  given: readonly CheckedAnswer[],
): void {
  if (given.length === 0 || given.length > MAX_GROUPED) return;
  const panel = given.map(({ expert }) => expert).sort();
  const name = panelName(panel);
  const groups = panels.get(name) ?? new Map<number, Tally>();
  if (groups.size === 0) {
    if (panels.size >= MAX_PANELS) return;
    panels.set(name, groups);
  }
  for (const key of new Set(given.map((answer) => answer.key))) {
    const members = given.filter((answer) => answer.key === key);
    const bits = groupBits(
      panel,
      members.map(({ expert }) => expert),
    );
    const tally = groups.get(bits) ?? { right: 0, n: 0 };
    groups.set(bits, tally);
    tally.n++;
    // A check may contradict itself; then the group was right in part.
    tally.right += members.filter(({ ok }) => ok).length / members.length;
  }
}

/** `panel` sorted by name. */
export const panelName = (panel: readonly string[]): string =>
  JSON.stringify(panel);

/** Attempts of one expert are alike: of its places in the sorted panel, the first ones are taken. */
export function groupBits(
  panel: readonly string[],
  members: readonly string[],
): number {
  let bits = 0;
  for (const member of members) {
    let place = panel.indexOf(member);
    while (bits & (1 << place)) place++;
    if (place >= 0) bits |= 1 << place;
  }
  return bits;
}

/** Adds what another instance counted; beyond the bounds, nothing new is taken up. */
export function addCounts(
  to: ReliabilityCounts,
  from: ReliabilityCounts,
): void {
  for (const [expert, tally] of from.experts)
    if (to.experts.has(expert) || to.experts.size < MAX_EXPERTS)
      addTally(to.experts, expert, tally);
  to.sameWrong.right += from.sameWrong.right;
  to.sameWrong.n += from.sameWrong.n;
  for (const [name, groups] of from.panels) {
    const own = to.panels.get(name) ?? new Map<number, Tally>();
    if (own.size === 0) {
      if (to.panels.size >= MAX_PANELS) continue;
      to.panels.set(name, own);
    }
    for (const [bits, tally] of groups) addTally(own, bits, tally);
  }
}

function addTally<Key>(
  tallies: Map<Key, Tally>,
  key: Key,
  { right, n }: Tally,
): void {
  const own = tallies.get(key) ?? { right: 0, n: 0 };
  tallies.set(key, { right: own.right + right, n: own.n + n });
}

/** [expert, right, n], [same, pairs], [panel, [[bits, right, n]]]: in order of name, so that equal counts are written alike. */
export interface CountsSnapshot {
  readonly experts: readonly (readonly [string, number, number])[];
  readonly same_wrong: readonly [number, number];
  readonly panels: readonly (readonly [
    string,
    readonly (readonly [number, number, number])[],
  ])[];
}

export const snapshotCounts = (counts: ReliabilityCounts): CountsSnapshot => ({
  experts: [...counts.experts]
    .map(([name, { right, n }]) => [name, right, n] as const)
    .sort(byName),
  same_wrong: [counts.sameWrong.right, counts.sameWrong.n],
  panels: [...counts.panels]
    .map(
      ([name, groups]) =>
        [
          name,
          [...groups]
            .map(([bits, { right, n }]) => [bits, right, n] as const)
            .sort(([a], [b]) => a - b),
        ] as const,
    )
    .sort(byName),
});

export function countsOf(snapshot: CountsSnapshot): ReliabilityCounts {
  const tally = (right: number, n: number): Tally => ({ right, n });
  return {
    experts: new Map(
      snapshot.experts.map(([name, right, n]) => [name, tally(right, n)]),
    ),
    sameWrong: tally(...snapshot.same_wrong),
    panels: new Map(
      snapshot.panels.map(([name, groups]) => [
        name,
        new Map(groups.map(([bits, right, n]) => [bits, tally(right, n)])),
      ]),
    ),
  };
}

const byName = (
  [a]: readonly [string, ...unknown[]],
  [b]: readonly [string, ...unknown[]],
): number => (a < b ? -1 : Number(a > b));
