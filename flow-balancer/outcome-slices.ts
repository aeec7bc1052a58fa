/** Outcomes in slices, for whoever folds them: a follower slice by slice, a command all of them at once. */

/** Outcomes learned from in one turn of the event loop: a millisecond or two, ten before the code is warm. */
export const SLICE = 100;

export interface SeenOutcomes<Seen> {
  readonly seen: readonly Seen[];
  /** Of the last outcome that was looked at. */
  readonly seq: number;
  /** There may be more. */
  readonly isMore: boolean;
}

/** What comes after outcome `seq`, of `SLICE` outcomes at most. May throw: nothing is passed over then. */
export type ReadSlice<Seen> = (seq: number) => SeenOutcomes<Seen>;

/** Learns all there is after `seq`, and returns the last one's number. */
export function learnAll<Seen>(
  seq: number,
  read: ReadSlice<Seen>,
  learn: (seen: Seen) => void,
): number {
  for (let at = seq; ;) {
    const slice = read(at);
    for (const it of slice.seen) learn(it);
    at = slice.seq;
    if (!slice.isMore) return at;
  }
}
