/** In how many tasks each hashed word was seen: rare words say more (inverse document frequency, Spärck Jones 1972). */

import { decodeFloats, encodeFloats } from "./hashed-weights.ts";
import { WORD_PLACES } from "./hashed-words.ts";

export interface WordCountsSnapshot {
  readonly tasks: number;
  /** Base64 of places and counts. */
  readonly counts: string;
}

/** 256 kB. Counts are exact up to 2^24 tasks. */
export class WordCounts {
  readonly #counts = new Float32Array(WORD_PLACES);
  #tasks = 0;

  add(words: Uint16Array): void {
    this.#tasks++;
    for (const word of words)
      this.#counts[word] = (this.#counts[word] ?? 0) + 1;
  }

  /** Above 0; a word in every task has the least. */
  rarity(word: number): number {
    return Math.log(1 + (1 + this.#tasks) / (1 + (this.#counts[word] ?? 0)));
  }

  /** Whether it was ever seen, or another of the same hash. */
  has(word: number): boolean {
    return this.#counts[word] !== 0;
  }

  merge(other: WordCounts): void {
    this.#tasks += other.#tasks;
    for (let word = 0; word < WORD_PLACES; word++)
      this.#counts[word] =
        (this.#counts[word] ?? 0) + (other.#counts[word] ?? 0);
  }

  snapshot(): WordCountsSnapshot {
    return {
      tasks: this.#tasks,
      counts: encodeFloats(this.#counts, this.#counts),
    };
  }

  /** Into one that has counted nothing. Throws INVALID_INPUT for damaged text. */
  restore({ tasks, counts }: WordCountsSnapshot): void {
    this.#tasks = tasks;
    decodeFloats(counts, this.#counts, this.#counts);
  }
}
