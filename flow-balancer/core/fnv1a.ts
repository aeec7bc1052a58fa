/** FNV-1a (Fowler, Noll, Vo; offset basis 2166136261, prime 16777619): a short hash, not against anybody who builds collisions. */

/** 32 bits, unsigned, over the UTF-16 units of `text`. */
export function fnv1a(text: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
  return hash >>> 0;
}
