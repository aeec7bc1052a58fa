/** What came of the items of a map, kept until it is asked for: of all their values together no more than a server can hold and answer. */

import { wireError, type WireError } from "../core/errors.ts";

/** What came of one item; `value` is JSON text. */
export interface ItemEnd {
  readonly error: WireError | null;
  readonly value: string | null;
}

/** UTF-16 units of JSON text: an answer is one message, and written in one go. */
const MAX_CHARS = 16_777_216;

export class MapEnds {
  readonly #ends: (ItemEnd | undefined)[];
  readonly #maxChars: number;
  #count = 0;
  #chars = 0;

  constructor(size: number, maxChars = MAX_CHARS) {
    this.#ends = Array.from({ length: size });
    this.#maxChars = maxChars;
  }

  get size(): number {
    return this.#ends.length;
  }

  /** Items that have ended. */
  get count(): number {
    return this.#count;
  }

  /** In the order of the items; those that have not ended are left out. */
  get all(): readonly ItemEnd[] {
    return this.#ends.filter((it) => it !== undefined);
  }

  /** Once an item. A value for which there is no room is let go, and said to be. */
  add(item: number, error: WireError | null, value: string | null): void {
    const chars = value?.length ?? 0;
    const fits = this.#chars + chars <= this.#maxChars;
    if (fits) this.#chars += chars;
    this.#ends[item] = fits
      ? { error, value }
      : { error: error ?? this.#noRoom(chars), value: null };
    this.#count++;
  }

  /** All that have not ended end so. */
  addRest(error: WireError): void {
    for (let item = 0; item < this.size; item++)
      if (this.#ends[item] === undefined) this.add(item, error, null);
  }

  #noRoom(chars: number): WireError {
    return wireError(
      "PAYLOAD_TOO_LARGE",
      `its value has ${chars} characters, ${this.#chars} are kept of the items before, and the limit of one map is ${this.#maxChars}`,
      "Map fewer items at a time, or have each write what is large to a file and give back its path.",
    );
  }
}
