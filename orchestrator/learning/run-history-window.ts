/**
 * The last runs that completed, in the order they came and sorted: the largest, the middle and the
 * rank of any value without sorting again. Numbers are kept to 24 bits (1 part in 16 million).
 */

const FIRST_ROOM = 16;

export class RunWindow {
  #ring: Float32Array<ArrayBuffer>;
  #sorted: Float32Array<ArrayBuffer>;
  /** The place of the oldest, once the window is full; the next to be replaced. */
  #next: number;
  #size: number;

  /** Remembers at most `capacity` values: 8 bytes each, in room that grows with them. Begins with the last of `values`, as if each had been added. */
  constructor(
    readonly capacity: number,
    values: Float32Array = new Float32Array(),
  ) {
    const last = values.subarray(-capacity);
    this.#size = last.length;
    this.#next = this.#size % capacity;
    const room = Math.min(capacity, Math.max(FIRST_ROOM, this.#size));
    this.#ring = enlarged(last, room);
    this.#sorted = enlarged(last.toSorted(), room);
  }

  get size(): number {
    return this.#size;
  }

  add(value: number): void {
    if (this.#size < this.capacity) {
      this.#grow();
      this.#ring[this.#size] = value;
      this.#insert(Math.fround(value), this.#size);
      this.#size++;
      this.#next = this.#size % this.capacity;
      return;
    }
    const oldest = this.#ring[this.#next] ?? 0;
    this.#ring[this.#next] = value;
    this.#next = (this.#next + 1) % this.capacity;
    this.#replace(oldest, Math.fround(value));
  }

  /** The `k`-th largest, from 1; 0 where there are not so many. */
  largest(k: number): number {
    return k <= this.#size ? (this.#sorted[this.#size - k] ?? 0) : 0;
  }

  /** The smallest value that at least `share` (0..1] of the window does not exceed; 0 for an empty window. */
  quantile(share: number): number {
    return this.largest(
      this.#size - Math.max(1, Math.ceil(share * this.#size)) + 1,
    );
  }

  /** How many are longer than `value`. */
  above(value: number): number {
    return this.#size - this.#rankAfter(value);
  }

  /** In the order they came, oldest first. */
  inOrder(): Float32Array<ArrayBuffer> {
    const ring = this.#ring.subarray(0, this.#size);
    if (this.#size < this.capacity) return ring.slice();
    const values = new Float32Array(this.#size);
    values.set(ring.subarray(this.#next));
    values.set(ring.subarray(0, this.#next), this.#size - this.#next);
    return values;
  }

  get bytes(): number {
    return this.#ring.byteLength + this.#sorted.byteLength;
  }

  #grow(): void {
    if (this.#size < this.#ring.length) return;
    const room = Math.min(this.capacity, 2 * this.#ring.length);
    this.#ring = enlarged(this.#ring, room);
    this.#sorted = enlarged(this.#sorted, room);
  }

  /** How many are at most `value`. */
  #rankAfter(value: number, size = this.#size): number {
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(value: number, size: number): void {
    const at = this.#rankAfter(value, size);
    this.#sorted.copyWithin(at + 1, at, size);
    this.#sorted[at] = value;
  }

  /** Moves only what lies between the two. */
  #replace(oldest: number, value: number): void {
    const from = this.#rankAfter(oldest) - 1;
    const to = this.#rankAfter(value);
    if (to > from) {
      this.#sorted.copyWithin(from, from + 1, to);
      this.#sorted[to - 1] = value;
    } else {
      this.#sorted.copyWithin(to + 1, to, from);
      this.#sorted[to] = value;
    }
  }
}

function enlarged(from: Float32Array, room: number): Float32Array<ArrayBuffer> {
  const to = new Float32Array(room);
  to.set(from);
  return to;
}
