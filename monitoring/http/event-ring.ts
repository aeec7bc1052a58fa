/** The last live events, so that a client that comes back gets what it missed, or is told that it cannot. */

/** An event as it goes over the wire. */
export interface Frame {
  readonly id: number;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Of these only the newest counts: each shows the whole. */
const SNAPSHOTS: ReadonlySet<string> = new Set(["overview", "workers"]);

const encoder = new TextEncoder();

export class EventRing {
  readonly #maxFrames: number;
  readonly #maxBytes: number;
  #frames: Frame[] = [];
  #bytes = 0;
  #last: number;
  /** Whoever has this id or a later one missed nothing that is not here. */
  #floor: number;

  /** Ids grow from `firstId`; where that is a time in µs, those of one server are later than those of the one before. */
  constructor(
    firstId: number,
    limits: { readonly maxFrames: number; readonly maxBytes: number },
  ) {
    this.#last = firstId;
    this.#floor = firstId;
    this.#maxFrames = limits.maxFrames;
    this.#maxBytes = limits.maxBytes;
  }

  get lastId(): number {
    return this.#last;
  }

  add(type: string, data: unknown): Frame {
    const id = ++this.#last;
    const frame = { id, type, bytes: frameBytes(type, id, data) };
    this.#frames.push(frame);
    this.#bytes += frame.bytes.length;
    while (
      this.#frames.length > this.#maxFrames ||
      this.#bytes > this.#maxBytes
    ) {
      const oldest = this.#frames.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.bytes.length;
      this.#floor = oldest.id;
    }
    return frame;
  }

  /** From now on nobody can tell what happened meanwhile. */
  forget(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#floor = ++this.#last;
  }

  /** What came after `lastEventId`, of snapshots the newest only; null: that cannot be told. */
  since(lastEventId: string): readonly Frame[] | null {
    const id = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : -1;
    if (id < this.#floor || id > this.#last) return null;
    const missed = this.#frames.filter((frame) => frame.id > id);
    const newest = new Map(missed.map((frame) => [frame.type, frame.id]));
    return missed.filter(
      (frame) =>
        !SNAPSHOTS.has(frame.type) || newest.get(frame.type) === frame.id,
    );
  }
}

export const frameBytes = (
  type: string,
  id: number,
  data: unknown,
): Uint8Array =>
  encoder.encode(
    `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`,
  );
