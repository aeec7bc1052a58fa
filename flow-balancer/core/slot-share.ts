/**
 * How many worker processes each server of a machine may have, so that five of them do not start
 * five full pools. Max-min fairness by filling up: a slot goes to whoever has least and can use one
 * (Bertsekas and Gallager, Data Networks, 2nd ed., 6.5.2). First everybody gets one, then work is
 * served; what no work asks for is divided too, so that a burst finds more than a single worker.
 */

export interface Sharer {
  readonly id: string;
  /** Slots it has work for: 0 or more. */
  readonly wants: number;
  /** It can never use more: 1 or more. */
  readonly maxWorkers: number;
}

/**
 * Slots by id, whole numbers of at least 1 and at most `maxWorkers`: in all no more than `total`, or
 * one each if there are more sharers than that. Whoever sees the same sharers, in whatever order,
 * comes to the same shares.
 */
export function shareSlots(
  total: number,
  sharers: readonly Sharer[],
): ReadonlyMap<string, number> {
  const inOrder = sharers.toSorted((a, b) =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : 0,
  );
  const shares = new Map(inOrder.map(({ id }) => [id, 1]));
  let left = Math.floor(total) - shares.size;
  const fillUpTo = (boundOf: (sharer: Sharer) => number): void => {
    for (; left > 0; left--) {
      const next = poorest(inOrder, shares, boundOf);
      if (next === undefined) return;
      shares.set(next.id, (shares.get(next.id) ?? 0) + 1);
    }
  };
  fillUpTo(({ wants, maxWorkers }) => Math.min(wants, maxWorkers));
  fillUpTo(({ maxWorkers }) => maxWorkers);
  return shares;
}

/** Of those below their bound; the first by id of several. */
function poorest(
  inOrder: readonly Sharer[],
  shares: ReadonlyMap<string, number>,
  boundOf: (sharer: Sharer) => number,
): Sharer | undefined {
  let best: Sharer | undefined;
  let least = Infinity;
  for (const sharer of inOrder) {
    const share = shares.get(sharer.id) ?? 0;
    if (share >= least || share >= boundOf(sharer)) continue;
    best = sharer;
    least = share;
  }
  return best;
}
