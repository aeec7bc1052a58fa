/**
 * What a worker has in hand, by integer: an entry's number is its lane and, above it, a serial
 * that grows with every entry, so that no number is ever used twice and a late one finds nothing.
 * Adding, finding and removing are an index into an array.
 */

import { JOB_LANES } from "../core/job-lanes.ts";

const LANE_MASK = JOB_LANES - 1;

export class Lanes<Entry extends object> {
  readonly #entries: (Entry | null)[] = [];
  readonly #numbers: number[] = [];
  readonly #free: number[] = [];
  #serial = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The entry's number. Throws if all lanes are taken. */
  add(entry: Entry): number {
    const lane = this.#free.pop() ?? this.#entries.length;
    if (lane >= JOB_LANES)
      throw new RangeError(`all ${JOB_LANES} lanes are taken`);
    // Multiplied, not shifted: a serial outgrows 26 bits.
    const number = ++this.#serial * JOB_LANES + lane;
    this.#entries[lane] = entry;
    this.#numbers[lane] = number;
    this.#size++;
    return number;
  }

  /** Null for any number but that of an entry that is here. */
  at(number: number): Entry | null {
    // The low bits are the lane also where the number is larger than 32 bits.
    const lane = number & LANE_MASK;
    return this.#numbers[lane] === number
      ? (this.#entries[lane] ?? null)
      : null;
  }

  remove(number: number): void {
    if (this.at(number) === null) return;
    const lane = number & LANE_MASK;
    this.#entries[lane] = null;
    this.#free.push(lane);
    this.#size--;
  }

  clear(): void {
    for (let lane = 0; lane < this.#entries.length; lane++)
      if (this.#entries[lane] !== null) this.remove(this.#numbers[lane] ?? 0);
  }

  numberOf(entry: Entry): number | null {
    const lane = this.#entries.indexOf(entry);
    return lane < 0 ? null : (this.#numbers[lane] ?? null);
  }

  /** Any one of them; null if there is none. */
  first(): Entry | null {
    for (const entry of this.#entries)
      if (entry !== null && entry !== undefined) return entry;
    return null;
  }

  /** An entry may be removed while it is visited. */
  *[Symbol.iterator](): Generator<Entry> {
    for (const entry of this.#entries)
      if (entry !== null && entry !== undefined) yield entry;
  }
}
