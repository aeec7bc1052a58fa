/**
 * The words of a text and each pair of neighbours, hashed into 2^16 places: which of them occur, not how
 * often. No dictionary and no model, so that any language and any jargon can be learned (Weinberger et
 * al., Feature Hashing for Large Scale Multitask Learning, 2009).
 */

export const WORD_PLACES = 2 ** 16;

/** Words beyond these are counted only, up to so many: a decision has to take microseconds. */
const MAX_WORDS = 256;
const MAX_COUNTED = 512;
const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;

/** Collects the places of one task. Holds 256 kB to tell what it has seen already; not for two tasks at a time. */
export class HashedWords {
  readonly #seenIn = new Uint32Array(WORD_PLACES);
  readonly #places = new Uint16Array(4 * MAX_WORDS + 4);
  #round = 0;
  #count = 0;

  /** Forgets the task before. */
  start(): void {
    this.#count = 0;
    this.#round = (this.#round + 1) >>> 0;
    if (this.#round === 0) this.#seenIn.fill(0);
    if (this.#round === 0) this.#round = 1;
  }

  /** Adds the words of `text`. Words of another `space` are other words: a tag is not a word of the text. Returns how many words there were, 512 at most. */
  add(text: string, space: number): number {
    let words = 0;
    let before = -1;
    let hash = FNV_OFFSET ^ space;
    let isInWord = false;
    for (let at = 0; at <= text.length; at++) {
      const code = wordCode(text, at);
      if (code !== 0) {
        hash = Math.imul(hash ^ code, FNV_PRIME);
        isInWord = true;
      } else if (isInWord) {
        if (words < MAX_WORDS) {
          this.#keep(hash);
          if (before !== -1) this.#keep(Math.imul(before, 31) ^ hash);
        }
        if (++words === MAX_COUNTED) break;
        before = hash >>> 0;
        hash = FNV_OFFSET ^ space;
        isInWord = false;
      }
    }
    return words;
  }

  /** Each place once, in order of first occurrence. */
  places(): Uint16Array {
    return this.#places.slice(0, this.#count);
  }

  #keep(hash: number): void {
    const place = mixed(hash) & (WORD_PLACES - 1);
    if (this.#seenIn[place] === this.#round) return;
    if (this.#count === this.#places.length) return;
    this.#seenIn[place] = this.#round;
    this.#places[this.#count++] = place;
  }
}

/** Lower case for ASCII; 0 for what is not part of a word. */
function wordCode(text: string, at: number): number {
  if (at >= text.length) return 0;
  const code = text.charCodeAt(at);
  if (code >= 97 && code <= 122) return code;
  if (code >= 65 && code <= 90) return code + 32;
  if (code >= 48 && code <= 57) return code;
  if (code < 170) return 0;
  // General punctuation, arrows, operators, and the punctuation of East Asia.
  if (code >= 0x20_00 && code <= 0x2b_ff) return 0;
  return code >= 0x30_00 && code <= 0x30_3f ? 0 : code;
}

/** So that each bit of the hash counts in the lowest 16 (the finish of MurmurHash3). */
function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85_eb_ca_6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2_b2_ae_35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
