/** Room for one more, where so many are remembered at most: the one with the least evidence goes, of equals the one remembered longest. What comes back is not what goes. */

/** Does nothing while there are fewer than `most`. */
export function forgetRarest<Kept>(
  kept: Map<string, Kept>,
  most: number,
  evidenceOf: (it: Kept) => number,
): void {
  if (kept.size < most) return;
  let rarest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [name, it] of kept) {
    const evidence = evidenceOf(it);
    if (evidence < least) [rarest, least] = [name, evidence];
  }
  if (rarest !== null) kept.delete(rarest);
}
