/**
 * The parent's half of a worker's two lanes for long texts: inputs go out by one, results come
 * back by the other. A lane is made at the second text it would have carried, and made anew,
 * larger, when texts outgrow it: making one costs as much as a few texts gain. What finds no
 * lane goes inline.
 */

import {
  BulkReceiver,
  BulkSender,
  capacityFor,
  createLane,
  MIN_LANE_CHARS,
  type BulkRef,
} from "./bulk-lane.ts";
import { encodedBytes, encodingOf, MAX_BULK_BYTES } from "./bulk-text.ts";
import type { ToWorker } from "./protocol.ts";

/** Texts that had to go inline before a lane is made for their size. */
const TEXTS_BEFORE_LANE = 2;

/** Counts the texts that found no lane, and says when one is worth making. */
class Wanted {
  #texts = 0;
  #bytes = 0;

  /** Capacity of the lane to make now; 0 for none yet. */
  missed(bytes: number): number {
    if (bytes > MAX_BULK_BYTES) return 0;
    this.#texts++;
    this.#bytes = Math.max(this.#bytes, bytes);
    return this.#texts < TEXTS_BEFORE_LANE ? 0 : capacityFor(this.#bytes);
  }

  reset(): void {
    this.#texts = this.#bytes = 0;
  }
}

export class ParentLanes {
  readonly #send: (message: ToWorker) => void;
  readonly #sender = new BulkSender();
  readonly #receiver = new BulkReceiver();
  readonly #inputs = new Wanted();
  readonly #results = new Wanted();
  /** Lanes the worker has not said yet that it opened. */
  readonly #opening = new Map<number, (ok: boolean) => void>();
  /** Shared memory is not to be had, or not to be opened over there. */
  #refused = false;
  #serial = 0;

  constructor(send: (message: ToWorker) => void) {
    this.#send = send;
  }

  /** Null: send it inline. */
  write(text: string): BulkRef | null {
    if (text.length < MIN_LANE_CHARS) return null;
    const ref = this.#sender.write(text);
    if (ref === null) this.#missed("worker", text);
    return ref;
  }

  /** Throws BulkTextError for what names no text. */
  read(ref: unknown): string {
    return this.#receiver.read(ref);
  }

  /** For a result that nobody waits for. Never throws. */
  release(ref: unknown): void {
    try {
      this.#receiver.release(ref);
    } catch {
      // It named nothing that could be held.
    }
  }

  /** A result came inline: long ones shall have a lane. */
  cameInline(text: string): void {
    if (text.length >= MIN_LANE_CHARS) this.#missed("parent", text);
  }

  opened(lane: number, ok: boolean): void {
    const done = this.#opening.get(lane);
    this.#opening.delete(lane);
    done?.(ok);
  }

  /** For a worker that rests: gives large lanes back. */
  shrink(): void {
    if (this.#sender.shrink())
      this.#send({ type: "lane_drop", lane: this.#serial });
    if (this.#receiver.capacity > 0) this.#send({ type: "lane_shrink" });
  }

  /** The worker let its end go. */
  shrunk(lane: number): void {
    this.#receiver.drop(lane);
  }

  /** The worker is dead. */
  close(): void {
    for (const done of this.#opening.values()) done(false);
    this.#opening.clear();
    this.#sender.drop();
    this.#receiver.drop();
  }

  /** A lane that is only busy is large enough. */
  #missed(to: "worker" | "parent", text: string): void {
    const { capacity } = to === "worker" ? this.#sender : this.#receiver;
    if (2 * text.length <= capacity) return;
    const bytes = encodedBytes(text, encodingOf(text));
    const wanted = to === "worker" ? this.#inputs : this.#results;
    if (bytes > capacity) this.#makeFor(to, wanted.missed(bytes));
  }

  #makeFor(to: "worker" | "parent", capacity: number): void {
    if (capacity === 0 || this.#refused || this.#opening.size > 0) return;
    const created = createLane(this.#serial + 1, capacity);
    if (created === null) {
      this.#refused = true;
      return;
    }
    this.#serial++;
    const { lane, ticket, close } = created;
    (to === "worker" ? this.#inputs : this.#results).reset();
    // Before the worker can use it.
    if (to === "parent") this.#receiver.adopt(lane);
    this.#opening.set(lane.number, (ok) => {
      close();
      if (!ok) this.#refused = true;
      else if (to === "worker") this.#sender.adopt(lane);
    });
    this.#send({ type: "lane", to, ticket });
  }
}
