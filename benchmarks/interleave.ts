/**
 * Rounds in which every candidate is measured once, forwards and backwards in turn: what else the
 * machine does meanwhile hits all of them alike, and none is always the first.
 */

export async function interleave<Candidate>(
  candidates: readonly Candidate[],
  rounds: number,
  measure: (candidate: Candidate, round: number) => Promise<void>,
): Promise<void> {
  const backwards = candidates.toReversed();
  for (let round = 0; round < rounds; round++)
    for (const candidate of round % 2 === 0 ? candidates : backwards)
      await measure(candidate, round);
}
