/**
 * A binary heap whose entries know their place, so that any of them can be moved or taken out in
 * O(log n). An entry is made once, kept by its owner, and is in at most one heap.
 */

export class HeapEntry<T> {
  readonly item: T;
  /** Its place in the heap; -1 while it is in none. */
  at = -1;
  /** Compared in this order, smaller first. */
  key = 0;
  tie = 0;
  order = 0;

  constructor(item: T) {
    this.item = item;
  }
}

export class MinHeap<T> {
  readonly #entries: HeapEntry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  peek(): HeapEntry<T> | undefined {
    return this.#entries[0];
  }

  /** Inserts, or moves to where its new keys belong. */
  put(entry: HeapEntry<T>, key: number, tie = 0, order = 0): void {
    entry.key = key;
    entry.tie = tie;
    entry.order = order;
    if (entry.at < 0) {
      entry.at = this.#entries.length;
      this.#entries.push(entry);
    }
    this.#down(this.#up(entry));
  }

  /** Nothing happens if it is not in the heap. */
  remove(entry: HeapEntry<T>): void {
    const { at } = entry;
    if (at < 0) return;
    entry.at = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#set(last, at);
    this.#down(this.#up(last));
  }

  #up(entry: HeapEntry<T>): HeapEntry<T> {
    let { at } = entry;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.#entries[above];
      if (other === undefined || !before(entry, other)) break;
      this.#set(other, at);
      at = above;
    }
    this.#set(entry, at);
    return entry;
  }

  #down(entry: HeapEntry<T>): void {
    let { at } = entry;
    for (;;) {
      const left = this.#entries[2 * at + 1];
      if (left === undefined) break;
      const right = this.#entries[2 * at + 2];
      const least = right !== undefined && before(right, left) ? right : left;
      if (!before(least, entry)) break;
      const below = least.at;
      this.#set(least, at);
      at = below;
    }
    this.#set(entry, at);
  }

  #set(entry: HeapEntry<T>, at: number): void {
    this.#entries[at] = entry;
    entry.at = at;
  }
}

const before = <T>(a: HeapEntry<T>, b: HeapEntry<T>): boolean =>
  a.key !== b.key
    ? a.key < b.key
    : a.tie !== b.tie
      ? a.tie < b.tie
      : a.order < b.order;
