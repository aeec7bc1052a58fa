/**
 * A stream of bytes kept within a limit: its head and its tail, never its middle. Memory is
 * bounded by the limit plus one chunk, however much is written.
 */
export class OutputCapture {
  readonly #limit: number;
  readonly #headLimit: number;
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #seen = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
    this.#headLimit = Math.floor(limitBytes / 2);
  }

  get bytesSeen(): number {
    return this.#seen;
  }

  get truncated(): boolean {
    return this.#seen > this.#limit;
  }

  add(chunk: Uint8Array): void {
    this.#seen += chunk.byteLength;
    const room = this.#headLimit - this.#headBytes;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.#head.push(part);
      this.#headBytes += part.byteLength;
      chunk = chunk.subarray(part.byteLength);
    }
    if (chunk.byteLength === 0) return;
    this.#tail.push(chunk);
    this.#tailBytes += chunk.byteLength;
    const tailLimit = this.#limit - this.#headLimit;
    for (
      let first = this.#tail[0];
      first !== undefined && this.#tailBytes - first.byteLength >= tailLimit;
      first = this.#tail[0]
    ) {
      this.#tail.shift();
      this.#tailBytes -= first.byteLength;
    }
  }

  /** As text; bytes that are not UTF-8 become U+FFFD, what was dropped becomes one line that says how much. */
  text(): string {
    const decoder = new TextDecoder();
    if (!this.truncated)
      return decoder.decode(Buffer.concat([...this.#head, ...this.#tail]));
    const tail = Buffer.concat(this.#tail).subarray(
      this.#headLimit - this.#limit,
    );
    const dropped = this.#seen - this.#headBytes - tail.byteLength;
    return `${decoder.decode(Buffer.concat(this.#head))}\n[... ${dropped} bytes left out ...]\n${decoder.decode(tail)}`;
  }
}
