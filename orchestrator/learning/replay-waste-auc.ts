/** How well a score tells redundant pairs from different ones, whatever threshold is set. */

export interface ScoredPair {
  readonly score: number;
  readonly redundant: boolean;
}

export interface SignalFigures {
  /** P(a redundant pair scores above a different one), ties half; null where there are not both. */
  readonly auc: number | null;
  readonly threshold: number;
  /** Of redundant pairs, and of different ones, the share that scores at the threshold or above. */
  readonly recall: number | null;
  readonly false_positive_rate: number | null;
  /** The most recall at any threshold, chosen in hindsight, with false positives of at most 2 %. */
  readonly recall_at_2_percent: number | null;
}

const FALSE_POSITIVES = 0.02;

export function figuresOf(
  pairs: readonly ScoredPair[],
  threshold: number,
): SignalFigures {
  const redundant = pairs.filter((pair) => pair.redundant).length;
  const different = pairs.length - redundant;
  const flagged = pairs.filter(({ score }) => score >= threshold);
  const right = flagged.filter((pair) => pair.redundant).length;
  const curve = walk(pairs, redundant, different);
  return {
    auc: share(curve.above, redundant * different),
    threshold,
    recall: share(right, redundant),
    false_positive_rate: share(flagged.length - right, different),
    recall_at_2_percent: share(curve.found, different === 0 ? 0 : redundant),
  };
}

/** From the highest score down, pairs of one score together. */
function walk(
  pairs: readonly ScoredPair[],
  redundant: number,
  different: number,
): { above: number; found: number } {
  const ordered = [...pairs].sort((a, b) => b.score - a.score);
  let [above, found, right, wrong] = [0, 0, 0, 0];
  for (let at = 0; at < ordered.length;) {
    const score = ordered[at]?.score;
    let [same, other] = [0, 0];
    for (; at < ordered.length && ordered[at]?.score === score; at++)
      if (ordered[at]?.redundant === true) same++;
      else other++;
    above += other * (right + same / 2);
    right += same;
    wrong += other;
    if (wrong <= FALSE_POSITIVES * different && right <= redundant)
      found = right;
  }
  return { above, found };
}

const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole;
