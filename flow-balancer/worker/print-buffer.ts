/**
 * What a job prints, on its way to the parent: gathered into few messages and bounded, so that a
 * job that floods its output fills neither the channel nor the parent.
 */

/** One message at most this often; a person following along sees no difference. */
const FLUSH_MS = 50;
/** Sent at once from this size on. */
const FLUSH_CHARS = 16_384;

export class PrintBuffer {
  readonly #send: (text: string, bytes: number) => void;
  #room: number;
  #text = "";
  #bytes = 0;
  #timer: Timer | undefined;

  /** `maxChars` in all are passed on; from there on only the count of bytes is. */
  constructor(maxChars: number, send: (text: string, bytes: number) => void) {
    this.#room = maxChars;
    this.#send = send;
  }

  print(text: string): void {
    this.#bytes += Buffer.byteLength(text);
    if (this.#room > 0) {
      const part = text.slice(0, this.#room);
      this.#room -= part.length;
      this.#text += part;
    }
    if (this.#text.length >= FLUSH_CHARS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#bytes === 0) return;
    this.#send(this.#text, this.#bytes);
    this.#text = "";
    this.#bytes = 0;
  }
}
