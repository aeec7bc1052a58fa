/** Which items of a list are handed out next: in order, and again those of a chunk that was lost as a whole. */

/** Of this many items left, how many the next chunk takes. */
export type ChunkSize = (remaining: number) => number;

export class MapItems {
  readonly #count: number;
  #next = 0;
  readonly #again: (readonly number[])[] = [];
  /** No chunk is larger: half of the smallest that was lost. */
  #most = Infinity;

  constructor(count: number) {
    this.#count = count;
  }

  /** Null: all are handed out. */
  take(sizeOf: ChunkSize): readonly number[] | null {
    const again = this.#again.pop();
    if (again !== undefined) return again;
    const from = this.#next;
    const remaining = this.#count - from;
    if (remaining === 0) return null;
    const size = Math.min(remaining, this.#most, sizeOf(remaining));
    this.#next += Math.max(1, size);
    return Array.from({ length: this.#next - from }, (_, at) => from + at);
  }

  /** Was never taken: again as it is. */
  again(items: readonly number[]): void {
    this.#again.push(items);
  }

  /** Too large: again in halves. Else one of them may be at fault: again one by one. */
  lost(items: readonly number[], isTooLarge: boolean): void {
    const half = Math.ceil(items.length / 2);
    this.#most = Math.max(
      1,
      Math.min(this.#most, Math.floor(items.length / 2)),
    );
    const size = isTooLarge ? half : 1;
    for (let from = 0; from < items.length; from += size)
      this.#again.push(items.slice(from, from + size));
  }
}
