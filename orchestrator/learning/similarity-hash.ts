/**
 * Hashes of text, the same on every machine: 32 bits a word or gram, 128 bits where equal hashes are
 * taken for equal texts. Not for use against someone who builds collisions.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const LANES = 4;
const GOLDEN = 0x9e3779b9;

/** 32 bits, unsigned, of `text` from `from` to `to`: FNV-1a over UTF-16 units, then mixed. */
export function hash32(
  text: string,
  seed = 0,
  from = 0,
  to = text.length,
): number {
  let hash = FNV_OFFSET ^ seed;
  for (let at = from; at < to; at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return mix32(hash);
}

/** 32 digits: four 32-bit hashes of different seeds that also take one another in. */
export function hash128(text: string): string {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    Math.imul(GOLDEN, lane + 1),
  );
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    for (let lane = 0; lane < LANES; lane++)
      lanes[lane] = Math.imul(
        (lanes[lane] ?? 0) ^ unit ^ ((lanes[(lane + 1) % LANES] ?? 0) >>> 15),
        FNV_PRIME + (lane << 1) * 0x3d4d51,
      );
  }
  return lanes
    .map((lane) =>
      mix32(lane ^ text.length)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
}

/** The finaliser of MurmurHash3 (Appleby, public domain): each bit in changes half of the bits out. */
export function mix32(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
