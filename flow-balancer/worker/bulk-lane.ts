/**
 * Long texts beside the IPC channel: the sender writes into shared memory and sends a reference;
 * the receiver copies the text out. A lane goes one way and holds one text at a time. The server
 * makes the memory of both directions. What a lane cannot take (busy, too long) is the caller's to
 * send inline: by a file of their own they would be no faster.
 *
 * Measured on 2 cores that others used too, Bun 1.4.5: a text there and back, JSON.parse and
 * JSON.stringify in the worker, medians in ms. "String" is one long string, "records" is an array of
 * small objects, where parsing takes most of the time.
 *
 *               inline  lane  ratio   by file
 *   string    4 KiB  0.030  0.024  0.8   0.14
 *   string   16 KiB  0.10   0.05   0.5   0.18
 *   string  256 KiB  0.55   0.16   0.3   0.55
 *   string    1 MiB  2.1    0.7    0.3   2.4
 *   string   16 MiB  42     12     0.3   38
 *   records  16 KiB  0.19   0.12   0.6   0.29
 *   records   1 MiB  5.4    4.1    0.8   5.9
 *   records  16 MiB  120    70     0.6   118
 *
 * So a lane gains from 4 KiB on (16 KiB where not all is ASCII), and a file never gains time. A new
 * lane costs: for 1 MiB 1.3 ms to make and 0.6 ms at its first use in each process, for 16 MiB
 * 7 ms and 8 ms. It pays from the second or third text of its size.
 */

import {
  BulkTextError,
  bulkHash,
  checkBulkText,
  decodeBulkText,
  encodedBytes,
  encodingOf,
  isWithin,
  MAX_BULK_BYTES,
  type BulkText,
} from "./bulk-text.ts";
import {
  createSharedFile,
  mapSharedFile,
  unmap,
  type SharedFileTicket,
} from "./shared-file.ts";

/** From here on a lane is faster than the channel, whatever the text: measured, see above. */
export const MIN_LANE_CHARS = 16_384;

/** Where in a lane's memory the receiver notes the number of the last text it is done with: one cache line. */
const HEADER_BYTES = 64;
const DONE = 0;
const MIN_CAPACITY = 262_144;
/** A lane up to this size is kept for a worker's life; a larger one only as long as it is used. */
const KEPT_CAPACITY = 4 * 1_048_576;
const MAX_TURN = 0x7fff_ffff;

export interface BulkRef extends BulkText {
  /** Number of the lane: a later one replaces it. */
  readonly lane: number;
  /** 1, 2, ... of the texts in this lane. */
  readonly turn: number;
}

export interface Lane {
  readonly number: number;
  readonly memory: Uint8Array<ArrayBuffer>;
}
export interface LaneTicket extends SharedFileTicket {
  readonly lane: number;
}
export interface CreatedLane {
  readonly lane: Lane;
  /** For `openLane` in the worker. */
  readonly ticket: LaneTicket;
  /** Once the worker has opened it, or is dead. */
  close(): void;
}

/** Room for a text of `bytes`: a power of two, so that a lane grows a few times and not with every text. */
export const capacityFor = (bytes: number): number =>
  Math.min(
    MAX_BULK_BYTES,
    Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(bytes))),
  );

/** Null where shared memory is not to be had, or not that much of it. */
export function createLane(
  number: number,
  capacity: number,
): CreatedLane | null {
  const file = createSharedFile(HEADER_BYTES + capacity);
  return file === null
    ? null
    : {
        lane: { number, memory: file.memory },
        ticket: { ...file.ticket, lane: number },
        close: file.close,
      };
}

/** Null if it cannot be mapped: say so to the one who made it, and go on without. */
export function openLane(ticket: LaneTicket): Lane | null {
  const memory = mapSharedFile(ticket);
  return memory === null ? null : { number: ticket.lane, memory };
}

/** A lane as one side has it mapped. */
class Mapped {
  readonly number: number;
  readonly capacity: number;
  readonly marks: Int32Array;
  readonly bytes: Buffer;
  /** The last turn written here, or read here. */
  turn = 0;
  readonly #memory: Uint8Array<ArrayBuffer>;

  constructor({ number, memory }: Lane) {
    const { buffer, byteOffset, length } = memory;
    this.number = number;
    this.capacity = length - HEADER_BYTES;
    this.marks = new Int32Array(buffer, byteOffset, HEADER_BYTES / 4);
    this.bytes = Buffer.from(buffer, byteOffset + HEADER_BYTES, this.capacity);
    this.#memory = memory;
  }

  unmap(): void {
    unmap(this.#memory);
  }
}

/** The sending end. Never throws, never waits. */
export class BulkSender {
  #mapped: Mapped | null = null;

  /** Longest text it could take now, bytes; 0 without a lane. */
  get capacity(): number {
    return this.#mapped?.capacity ?? 0;
  }

  /** Texts go by this lane from now on. What is unread in the one before stays readable to the receiver. */
  adopt(lane: Lane): void {
    this.drop();
    this.#mapped = new Mapped(lane);
  }

  /** Null if there is no lane, the text before is not released yet, or this one is empty or does not fit. */
  write(text: string): BulkRef | null {
    const mapped = this.#mapped;
    if (mapped === null || text.length === 0 || text.length > mapped.capacity)
      return null;
    if (!isFree(mapped) || mapped.turn === MAX_TURN) return null;
    const encoding = encodingOf(text);
    const bytes = encodedBytes(text, encoding);
    if (bytes > mapped.capacity) return null;
    mapped.bytes.write(text, 0, encoding);
    mapped.turn += 1;
    return {
      lane: mapped.number,
      turn: mapped.turn,
      bytes,
      encoding,
      hash: bulkHash(mapped.bytes.subarray(0, bytes), encoding),
    };
  }

  /**
   * Drops a lane that is larger than what is kept, unless a text in it is unread. True if it did:
   * the receiver is to be told, and the memory is free when it dropped its end too.
   */
  shrink(): boolean {
    const mapped = this.#mapped;
    if (mapped === null || mapped.capacity <= KEPT_CAPACITY || !isFree(mapped))
      return false;
    this.drop();
    return true;
  }

  /** Gives the memory back, here; from now on every text is refused. */
  drop(): void {
    this.#mapped?.unmap();
    this.#mapped = null;
  }
}

const isFree = ({ marks, turn }: Mapped): boolean =>
  Atomics.load(marks, DONE) === turn;

/** The receiving end. Keeps a replaced lane until a text comes by the new one: the channel keeps order. */
export class BulkReceiver {
  #mapped: Mapped | null = null;
  #before: Mapped | null = null;

  get capacity(): number {
    return this.#mapped?.capacity ?? 0;
  }

  adopt(lane: Lane): void {
    this.#before?.unmap();
    this.#before = this.#mapped;
    this.#mapped = new Mapped(lane);
  }

  /**
   * The text, as a copy; the lane is free again. Throws BulkTextError if it is not what `ref` says,
   * names no lane that is open here, or was read or released before.
   */
  read(ref: unknown): string {
    const mapped = this.#take(ref);
    try {
      return decodeBulkText(mapped.bytes, checkBulkText(ref, mapped.capacity));
    } finally {
      Atomics.store(mapped.marks, DONE, mapped.turn);
    }
  }

  /** For a text that nobody wants any more: frees the lane without looking at it. Throws as `read` does. */
  release(ref: unknown): void {
    const mapped = this.#take(ref);
    Atomics.store(mapped.marks, DONE, mapped.turn);
  }

  /** Lanes with a number up to this one; all if none is given. What is unread in them is lost. */
  drop(upTo: number = Infinity): void {
    this.#dropBefore();
    if (this.#mapped === null || this.#mapped.number > upTo) return;
    this.#mapped.unmap();
    this.#mapped = null;
  }

  #take(ref: unknown): Mapped {
    const { lane, turn } = (ref ?? {}) as Record<string, unknown>;
    const mapped = this.#find(lane);
    if (!isWithin(turn, mapped.turn + 1, MAX_TURN))
      throw new BulkTextError(
        `a reference to a long text: turn must be above ${mapped.turn}`,
      );
    mapped.turn = turn;
    return mapped;
  }

  #find(lane: unknown): Mapped {
    if (this.#before !== null && lane === this.#before.number)
      return this.#before;
    if (this.#mapped === null || lane !== this.#mapped.number)
      throw new BulkTextError("a reference to a long text: no such lane");
    this.#dropBefore();
    return this.#mapped;
  }

  #dropBefore(): void {
    this.#before?.unmap();
    this.#before = null;
  }
}
