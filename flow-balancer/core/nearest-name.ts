/** What somebody probably meant: the known name closest to an unknown one, if any is close. */

/** Longer names are never compared: the cost is the product of the lengths. */
const MAX_COMPARED_LENGTH = 64;

/** The closest known name within a third of its length (at least 2 edits), or null. */
export function nearestName(
  unknown: string,
  known: Iterable<string>,
): string | null {
  if (unknown.length > MAX_COMPARED_LENGTH) return null;
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const name of known) {
    const limit = Math.max(2, Math.floor(name.length / 3));
    const distance = editDistance(unknown.toLowerCase(), name.toLowerCase());
    if (distance <= limit && distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** "; did you mean 'x'?" or nothing, to end a message with. */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  const name = nearestName(unknown, known);
  return name === null ? "" : `; did you mean '${name}'?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++)
      row[j] = Math.min(
        (row[j - 1] ?? 0) + 1,
        (previous[j] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    previous = row;
  }
  return previous[b.length] ?? 0;
}
