/**
 * The end of a stream of bytes, which become text only when somebody asks: a stream that nobody
 * reads costs a copy of its last bytes, however much comes and whatever it is.
 */
export class LastWords {
  readonly #limit: number;
  #bytes = new Uint8Array(0);

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Keeps nothing of `chunk` itself. */
  add(chunk: Uint8Array): void {
    const end = chunk.subarray(-this.#limit);
    const before = this.#bytes;
    const kept = Math.min(before.length, this.#limit - end.length);
    const bytes = new Uint8Array(kept + end.length);
    bytes.set(before.subarray(before.length - kept));
    bytes.set(end, kept);
    this.#bytes = bytes;
  }

  /** Without the rest of a character that was cut at the front; bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    const bytes = this.#bytes;
    let start = 0;
    if (bytes.length === this.#limit)
      while (start < MAX_CONTINUATION && isContinuation(bytes[start])) start++;
    return new TextDecoder().decode(bytes.subarray(start));
  }
}

/** Bytes of a character in UTF-8 behind its first one (RFC 3629, section 3). */
const MAX_CONTINUATION = 3;
const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
