/** The share of the last minute in which a worker had tasks, from when it got busy and idle: twelve buckets, so good to a twelfth. */

const BUCKET_MS = 5_000;
const BUCKETS = 12;

export class BusyShare {
  /** Busy ms by bucket of time; one more than a window, since the present one is not full. */
  readonly #busyMs = new Float64Array(BUCKETS + 1);
  /** The bucket that was written last, counted from 0 ms. */
  #at = 0;

  /** It was busy from one moment to another, mono ms, after all that was noted before. */
  add(from: number, to: number): void {
    this.#forward(to);
    let left = from;
    const oldest = (this.#at - BUCKETS) * BUCKET_MS;
    if (left < oldest) left = oldest;
    while (left < to) {
      const bucket = Math.floor(left / BUCKET_MS);
      const end = Math.min(to, (bucket + 1) * BUCKET_MS);
      const slot = bucket % this.#busyMs.length;
      this.#busyMs[slot] = (this.#busyMs[slot] ?? 0) + (end - left);
      left = end;
    }
  }

  /** 0..1; null before it was ready. `busySince`: it is busy, and that is not noted yet. */
  share(
    now: number,
    readyAt: number | null,
    busySince: number | null,
  ): number | null {
    if (readyAt === null || now <= readyAt) return null;
    this.#forward(now);
    const from = Math.max(readyAt, (this.#at - BUCKETS) * BUCKET_MS);
    let busyMs = 0;
    for (const ms of this.#busyMs) busyMs += ms;
    if (busySince !== null) busyMs += now - Math.max(busySince, from);
    return Math.min(1, Math.max(0, busyMs / (now - from)));
  }

  /** Empties the buckets that time has come round to. */
  #forward(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    const passed = Math.min(bucket - this.#at, this.#busyMs.length);
    for (let n = 1; n <= passed; n++)
      this.#busyMs[(bucket - passed + n) % this.#busyMs.length] = 0;
    this.#at = Math.max(this.#at, bucket);
  }
}
