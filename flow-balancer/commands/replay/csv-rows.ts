/**
 * CSV as RFC 4180 has it, text that comes in pieces: quoted fields may hold commas, quotes and
 * line ends. Blank lines are left out.
 */

export interface CsvRow {
  /** The line the row begins on, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export class CsvRows {
  #rest = "";
  #line = 1;

  /** The rows that are complete with this piece. */
  push(text: string): CsvRow[] {
    this.#rest += text;
    const rows: CsvRow[] = [];
    let from = 0;
    for (;;) {
      const end = rowEnd(this.#rest, from);
      if (end < 0) break;
      this.#take(from, end, rows);
      from = end + 1;
    }
    this.#rest = this.#rest.slice(from);
    return rows;
  }

  /** The last row, if the text did not end with a line end; null where a quote was never closed. */
  end(): CsvRow[] | null {
    if (this.#rest.split('"').length % 2 === 0) return null;
    const rows: CsvRow[] = [];
    this.#take(0, this.#rest.length, rows);
    this.#rest = "";
    return rows;
  }

  /** The line the next row begins on. */
  get line(): number {
    return this.#line;
  }

  /** Characters of a row that is not complete. */
  get pending(): number {
    return this.#rest.length;
  }

  #take(from: number, end: number, rows: CsvRow[]): void {
    const text = this.#rest.slice(
      from,
      this.#rest[end - 1] === "\r" && end > from ? end - 1 : end,
    );
    const quoted = text.includes('"');
    if (text !== "")
      rows.push({
        line: this.#line,
        fields: quoted ? quotedFields(text) : text.split(","),
      });
    this.#line += quoted ? text.split("\n").length : 1;
  }
}

/** Where the row that begins at `from` ends; -1 if it does not end yet. */
function rowEnd(text: string, from: number): number {
  let end = text.indexOf("\n", from);
  let quote = text.indexOf('"', from);
  while (end >= 0 && quote >= 0 && quote < end) {
    // A doubled quote closes and opens again, which comes to the same.
    const close = text.indexOf('"', quote + 1);
    if (close < 0) return -1;
    if (close > end) end = text.indexOf("\n", close);
    quote = text.indexOf('"', close + 1);
  }
  return end;
}

/** A piece at a time: a text put together of single characters takes many times its room until it is read. */
function quotedFields(text: string): string[] {
  const fields: string[] = [];
  let field = "";
  let inQuotes = false;
  for (let at = 0; at < text.length;) {
    const quote = placeOf(text, '"', at);
    const comma = inQuotes ? text.length : placeOf(text, ",", at);
    const end = Math.min(quote, comma);
    field += text.slice(at, end);
    at = end + 1;
    if (end === text.length) break;
    if (end === comma) {
      fields.push(field);
      field = "";
    } else if (inQuotes && text[at] === '"') {
      field += '"';
      at++;
    } else inQuotes = !inQuotes;
  }
  return [...fields, field];
}

/** Of the end, if there is none. */
function placeOf(text: string, sign: string, from: number): number {
  const at = text.indexOf(sign, from);
  return at < 0 ? text.length : at;
}
