/**
 * Bytes into lines, however they are cut into chunks. Holds at most one line of `maxBytes`: a longer one is
 * reported once, as soon as that is known, and skipped to its end.
 */

import { isUtf8 } from "node:buffer";

export type Line =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "too-long" }
  /** Byte offset in the line, from 0, of the first byte that is not UTF-8. */
  | { readonly kind: "not-utf8"; readonly offset: number };

/** `number` counts from 1 and counts blank lines, which are not reported. */
type OnLine = (line: Line, number: number) => void;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
/** A byte order mark and a \r do not count. */
const TRIMMED_BYTES = 4;

export class LineDecoder {
  readonly #maxBytes: number;
  readonly #onLine: OnLine;
  #number = 1;
  /** The beginning of a line whose end has not come, in one growing buffer: chunks may be a byte each. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #skipping = false;

  constructor(maxBytes: number, onLine: OnLine) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** Forgets a line without an end: its sender is gone. */
  clear(): void {
    this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
  }

  #hold(bytes: Buffer): void {
    if (this.#skipping) return;
    const total = this.#heldBytes + bytes.length;
    if (total > this.#maxBytes + TRIMMED_BYTES) {
      this.#refuse();
      this.#skipping = true;
      return;
    }
    if (total > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(total, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldBytes);
    this.#heldBytes = total;
  }

  #finish(rest: Buffer): void {
    if (this.#skipping) {
      this.#skipping = false;
      this.#number++;
      return;
    }
    const whole =
      this.#heldBytes === 0
        ? rest
        : Buffer.concat([this.#held.subarray(0, this.#heldBytes), rest]);
    this.clear();
    const line = trimmed(whole);
    if (line.length > this.#maxBytes) this.#refuse();
    else if (!isBlank(line)) this.#onLine(decoded(line), this.#number);
    this.#number++;
  }

  #refuse(): void {
    this.clear();
    this.#onLine({ kind: "too-long" }, this.#number);
  }
}

/** Without the \r of a CRLF and without a byte order mark. */
function trimmed(line: Buffer): Buffer {
  const end = line.at(-1) === RETURN ? line.length - 1 : line.length;
  const start =
    line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;
  return start === 0 && end === line.length ? line : line.subarray(start, end);
}

function isBlank(line: Buffer): boolean {
  const first = line[0];
  if (first !== undefined && first !== SPACE && first !== TAB) return false;
  return line.every((byte) => byte === SPACE || byte === TAB);
}

function decoded(line: Buffer): Line {
  return isUtf8(line)
    ? { kind: "text", text: line.toString("utf8") }
    : { kind: "not-utf8", offset: firstInvalid(line) };
}

/** By halving: a prefix is bad if it is invalid even when a character cut in two at its end is forgiven. */
function firstInvalid(line: Buffer): number {
  const isGood = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(
        line.subarray(0, length),
        { stream: true },
      );
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = line.length;
  if (isGood(bad)) {
    // The line ends inside a character: it begins after the longest whole prefix.
    while (bad > 0 && !isUtf8(line.subarray(0, bad))) bad--;
    return bad;
  }
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  // The byte that broke it; a character it broke off begins earlier.
  while (good > 0 && !isUtf8(line.subarray(0, good))) good--;
  return good;
}
