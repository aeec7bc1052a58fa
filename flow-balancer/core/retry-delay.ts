/**
 * The pause before a task is tried again: exponential, with jitter, so that tasks that failed together
 * do not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS 2015). The jitter is
 * drawn from the task's own name, so that the same failure has the same pause wherever it is worked out.
 */

/** A day: longer is not a retry. */
const LONGEST_MS = 86_400_000;

/** Ms from `backoffMs` doubled for each of the `failures` after the first, up to half more. `seed` names the task and the try. */
export function retryDelay(
  backoffMs: number,
  failures: number,
  seed: string,
): number {
  const pause = Math.min(backoffMs * 2 ** (failures - 1), LONGEST_MS);
  return Math.round(pause * (1 + fractionOf(seed) / 2));
}

/** 0 up to 1, evenly spread: FNV-1a of 32 bits, with the last mixing step of MurmurHash3. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
