/** The simple rules for chunk sizes, to be told apart from the learned one. What they know of a job beforehand is in their arguments. */

import type { Chunker } from "./makespan-simulator.ts";

/** Size of the chunks when a job is cut into so many of them; the last one may be smaller. */
export const sizeForCount = (items: number, chunks: number): number =>
  Math.ceil(items / chunks);

/**
 * One size for the whole job, from its mean, spread (standard deviation of an item, in means) and
 * overhead (in means): (sqrt(2) N h / (sigma P sqrt(ln P)))^(2/3), Kruskal and Weiss 1985; at most an even share.
 */
export function kruskalWeissSize(
  items: number,
  workers: number,
  { spread, overhead }: { readonly spread: number; readonly overhead: number },
): number {
  const share = Math.ceil(items / workers);
  const size = Math.round(
    ((Math.SQRT2 * items * overhead) /
      (spread * workers * Math.sqrt(Math.log(workers)))) **
      (2 / 3),
  );
  return size < share ? Math.max(1, size) : share;
}

/** Guided self-scheduling (Polychronopoulos, Kuck 1987): an even share of what is left. */
export const guided = (workers: number): Chunker => ({
  next: ({ remaining }) => Math.ceil(remaining / workers),
});

/** Factoring with a half (Hummel, Schonberg, Flynn 1992): batches of P chunks, half of what was left before the batch. */
export function factoringByHalf(workers: number): Chunker {
  let left = 0;
  let size = 0;
  return {
    next({ remaining }) {
      if (left === 0) {
        left = workers;
        size = Math.ceil(remaining / (2 * workers));
      }
      left--;
      return size;
    },
  };
}

/** Chunks of at least `least` items, where an even share of what is left has so many. */
export const withFloor = (
  rule: Chunker,
  { least, workers }: { readonly least: number; readonly workers: number },
): Chunker => ({
  next: (job) =>
    Math.max(
      rule.next(job),
      Math.min(Math.ceil(least), Math.ceil(job.remaining / workers)),
    ),
});
