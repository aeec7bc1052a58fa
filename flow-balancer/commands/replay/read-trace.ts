/**
 * Reads a recorded trace: CSV with a head line, gzip or not, a piece at a time. Whatever is wrong
 * with a file is said with its line, and with what was expected there.
 */

import { createReadStream, openSync, readSync, closeSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { BalancerError } from "../../core/errors.ts";
import { quoted } from "../../core/quoted.ts";
import { type CsvRow, CsvRows } from "./csv-rows.ts";

/** The fields of the columns that were asked for, in that order. */
export interface TraceRow {
  readonly line: number;
  readonly fields: readonly string[];
}

const MAX_BYTES = 1 << 30; // a gigabyte unpacked: a hundred times the largest trace seen
const MAX_ROWS = 5_000_000; // replays keep their rows in memory, at some 100 bytes a row
const MAX_ROW_CHARS = 4 << 20;
const MAX_NUMBER = 1e15; // no sum or product of times overflows
const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Calls `onRow` for each row. Columns may be in any order, and others may stand beside them.
 * Throws NOT_FOUND, INVALID_INPUT (not such a trace, damaged, or empty) or PAYLOAD_TOO_LARGE.
 */
export async function readTrace(
  path: string,
  columns: readonly string[],
  onRow: (row: TraceRow) => void,
): Promise<void> {
  const reader = new TraceReader(path, columns, onRow);
  const sink = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of source) reader.push(piece);
    reader.end();
  };
  try {
    if (isGzip(path))
      await pipeline(createReadStream(path), createGunzip(), sink);
    else await pipeline(createReadStream(path), sink);
  } catch (thrown) {
    throw readError(path, thrown);
  }
}

/** A field as a number, at most a million billion either way. Throws INVALID_INPUT that names the line and the column. */
export function traceNumber(
  path: string,
  line: number,
  column: string,
  field: string,
): number {
  const value = Number(field);
  const isNumber = field.trim() !== "" && Number.isFinite(value);
  if (isNumber && Math.abs(value) <= MAX_NUMBER) return value;
  throw new BalancerError(
    "INVALID_INPUT",
    `${path}, line ${line}: ${column} is ${field === "" ? "empty" : quoted(field)}, ${isNumber ? `beyond the limit of ${MAX_NUMBER}` : "not a number"}`,
  );
}

/** A field of seconds as ms. Throws INVALID_INPUT as `traceNumber`, and for less than no time. */
export function traceMs(
  path: string,
  line: number,
  column: string,
  field: string,
): number {
  const seconds = traceNumber(path, line, column, field);
  if (seconds >= 0) return seconds * 1_000;
  throw new BalancerError(
    "INVALID_INPUT",
    `${path}, line ${line}: ${column} is ${field}, and no task takes less than no time`,
  );
}

class TraceReader {
  readonly #csv = new CsvRows();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** Where each column that was asked for stands; null until the head line was read. */
  #places: readonly number[] | null = null;
  #width = 0;
  #bytes = 0;
  #rows = 0;

  constructor(
    readonly path: string,
    readonly columns: readonly string[],
    readonly onRow: (row: TraceRow) => void,
  ) {}

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > MAX_BYTES) throw tooLarge(`${this.path} is over 1 GiB`);
    for (const row of this.#csv.push(this.#decode(piece))) this.#row(row);
    if (this.#csv.pending > MAX_ROW_CHARS)
      throw this.#bad(
        this.#csv.line,
        "a row of more than 4 Mi characters; is a quote not closed?",
      );
  }

  end(): void {
    this.#decode();
    const last = this.#csv.end();
    if (last === null)
      throw this.#bad(this.#csv.line, "a quote is never closed");
    for (const row of last) this.#row(row);
    if (this.#rows === 0)
      throw new BalancerError(
        "INVALID_INPUT",
        `${this.path} has no rows${this.#places === null ? ", not even a head line" : ""}`,
        { hint: this.#expected() },
      );
  }

  #decode(piece?: Buffer): string {
    try {
      return piece === undefined
        ? this.#decoder.decode()
        : this.#decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw new BalancerError(
        "INVALID_INPUT",
        `${this.path} is not UTF-8 text`,
        { cause, hint: this.#expected() },
      );
    }
  }

  #row({ line, fields }: CsvRow): void {
    if (this.#places === null) {
      this.#places = this.#head(fields);
      this.#width = fields.length;
      return;
    }
    if (fields.length !== this.#width)
      throw this.#bad(
        line,
        `${fields.length} fields where the head line has ${this.#width}`,
      );
    if (++this.#rows > MAX_ROWS)
      throw tooLarge(`${this.path} has more than ${MAX_ROWS} rows`);
    this.onRow({ line, fields: this.#places.map((at) => fields[at] ?? "") });
  }

  #head(names: readonly string[]): number[] {
    const places = this.columns.map((column) =>
      names.findIndex((name) => name.trim() === column),
    );
    const missing = this.columns.filter((_, at) => places[at] === -1);
    if (missing.length === 0) return places;
    throw new BalancerError(
      "INVALID_INPUT",
      `${this.path} has no column ${missing.map(quoted).join(", ")}; its head line is ${quoted(names.join(","))}`,
      { hint: this.#expected() },
    );
  }

  #expected(): string {
    return `Expected: CSV, or CSV in gzip, with the head line ${this.columns.join(",")}.`;
  }

  #bad(line: number, what: string): BalancerError {
    return new BalancerError(
      "INVALID_INPUT",
      `${this.path}, line ${line}: ${what}`,
    );
  }
}

function isGzip(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(GZIP_MAGIC.length);
    readSync(file, start);
    return start.equals(Buffer.from(GZIP_MAGIC));
  } finally {
    closeSync(file);
  }
}

const tooLarge = (message: string): BalancerError =>
  new BalancerError("PAYLOAD_TOO_LARGE", message, {
    hint: "Replay a part of it.",
  });

function readError(path: string, thrown: unknown): unknown {
  if (thrown instanceof BalancerError || !(thrown instanceof Error))
    return thrown;
  const code = "code" in thrown ? String(thrown.code) : "";
  if (code === "ENOENT")
    return new BalancerError("NOT_FOUND", `there is no file ${path}`);
  return new BalancerError(
    "INVALID_INPUT",
    code.startsWith("Z_")
      ? `${path} is damaged: ${thrown.message}`
      : `${path} cannot be read: ${thrown.message}`,
    { cause: thrown },
  );
}
