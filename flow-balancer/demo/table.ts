/** Columns of text that fit a width: what matters least goes first, then the first column is cut at its left. */

export interface Column<Row> {
  readonly title: string;
  /** The first column is flush left, others flush right. */
  cell(row: Row): string;
  /** Lower ones are left out first where room is short; Infinity never. */
  readonly weight: number;
}

const GAP = "  ";
const MIN_FIRST_CHARS = 12;

/** The head, then one line a row; none is wider than `width` unless even the last two columns are. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  const all = columns.map(({ title, cell, weight }) => {
    const cells = rows.map((row) => cell(row));
    return {
      weight,
      lines: [title, ...cells],
      chars: Math.max(
        ...[title, ...cells].map((text) => Bun.stringWidth(text)),
      ),
    };
  });
  const [first, ...others] = all;
  if (first === undefined) return [];
  const roomBeside = (): number =>
    others.reduce((room, { chars }) => room - GAP.length - chars, width);
  const wanted = Math.min(first.chars, Math.max(MIN_FIRST_CHARS, width / 3));
  while (roomBeside() < wanted) {
    const least = others.reduce(
      (found, { weight }, index) =>
        weight < (others[found]?.weight ?? Infinity) ? index : found,
      0,
    );
    if ((others[least]?.weight ?? Infinity) === Infinity) break;
    others.splice(least, 1);
  }
  const firstChars = Math.max(
    MIN_FIRST_CHARS,
    Math.min(first.chars, roomBeside()),
  );
  return first.lines.map((text, row) =>
    [
      padTo(cutLeft(text, firstChars), firstChars),
      ...others.map(({ lines, chars }) => (lines[row] ?? "").padStart(chars)),
    ]
      .join(GAP)
      .trimEnd(),
  );
}

/** The end of a path says more than its beginning; whole folders go, if that is not most of it. */
export function cutLeft(text: string, chars: number): string {
  if (Bun.stringWidth(text) <= chars) return text;
  const letters = [...text];
  while (letters.length > 0 && Bun.stringWidth(letters.join("")) > chars - 1)
    letters.shift();
  const folder = letters.indexOf("/");
  const from = folder >= 0 && folder <= letters.length / 2 ? folder : 0;
  return `…${letters.slice(from).join("")}`;
}

export const padTo = (text: string, chars: number): string =>
  text + " ".repeat(Math.max(0, chars - Bun.stringWidth(text)));

/** Breaks at spaces; a word longer than a line stands alone. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && Bun.stringWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
