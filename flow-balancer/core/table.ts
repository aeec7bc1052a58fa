/**
 * Text in columns. `widthOf` says how many cells of a terminal a text takes: wide letters take two,
 * and that is a table of Unicode, which the caller brings.
 */

export type WidthOf = (text: string) => number;
type Align = "left" | "right";

export interface Column<Row> {
  readonly title: string;
  cell(row: Row): string;
  /** Lower ones are left out first where room is short; Infinity never. */
  readonly weight: number;
  /** Left out: the first is flush left, the others are flush right. */
  readonly align?: Align;
  /** The one column that is cut where the others leave it too little room, and at which end. */
  readonly cut?: "start" | "end";
}

export interface Fit {
  /** Cells; Infinity for output that goes to no terminal. */
  readonly width: number;
  readonly widthOf: WidthOf;
}

const GAP = "  ";
/** Others go so that what is cut has so much, if it needs it; where nothing more can go, so much. */
const WANTED_CUT_CELLS = 12;
const MIN_CUT_CELLS = 6;

/** The head, then one line a row; none is wider than `width` unless what must stay is. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  fit: Fit,
): string[] {
  const { widthOf } = fit;
  const measured = columns.map((column, index) => {
    const { title, weight, align = index === 0 ? "left" : "right" } = column;
    const cells = [title, ...rows.map((row) => column.cell(row))];
    return {
      cells,
      weight,
      align,
      cut: column.cut,
      room: widest(cells, widthOf),
    };
  });
  const kept = withRoom(measured, fit.width);
  const others = kept.filter(({ cut }) => cut === undefined);
  const left = roomBeside(others, fit.width);
  return alignedLines(
    rowsOf(
      kept.map(({ cells, cut, room }) => {
        const cellsLeft = Math.max(MIN_CUT_CELLS, left);
        if (cut === undefined || room <= cellsLeft) return cells;
        const short = cut === "start" ? cutStart : cutEnd;
        return cells.map((text) => short(text, cellsLeft, widthOf));
      }),
    ),
    widthOf,
    kept.map(({ align }) => align),
  );
}

interface Measured {
  readonly cells: readonly string[];
  readonly weight: number;
  readonly align: Align;
  readonly cut: "start" | "end" | undefined;
  readonly room: number;
}

/** Without those that have to go so that the one to be cut keeps a third of the width, if it needs it. */
function withRoom(columns: readonly Measured[], width: number): Measured[] {
  const kept = [...columns];
  const cut = columns.find((column) => column.cut !== undefined);
  const wanted =
    cut === undefined
      ? -GAP.length
      : Math.min(cut.room, Math.max(WANTED_CUT_CELLS, width / 3));
  for (;;) {
    const others = kept.filter((column) => column !== cut);
    if (roomBeside(others, width) >= wanted) return kept;
    const least = others.reduce<Measured | undefined>(
      (found, column) =>
        column.weight < (found?.weight ?? Infinity) ? column : found,
      undefined,
    );
    if (least === undefined) return kept;
    kept.splice(kept.indexOf(least), 1);
  }
}

const roomBeside = (others: readonly Measured[], width: number): number =>
  others.reduce((left, { room }) => left - GAP.length - room, width);

const widest = (texts: readonly string[], widthOf: WidthOf): number =>
  texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);

const rowsOf = (columns: readonly (readonly string[])[]): string[][] =>
  (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? ""));

/** Rows of cells as lines; rows may be shorter than the first. Left out, `aligns` is left for the first column and right for others. */
export function alignedLines(
  rows: readonly (readonly string[])[],
  widthOf: WidthOf,
  aligns: readonly Align[] = ["left"],
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[column] ?? "")), 0),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const text = row[column] ?? "";
        const space = " ".repeat(width - widthOf(text));
        return aligns[column] === "left" ? text + space : space + text;
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** The end of a path says more than its beginning; whole folders go, if that is not most of it. */
export function cutStart(
  text: string,
  cells: number,
  widthOf: WidthOf,
): string {
  if (widthOf(text) <= cells) return text;
  const letters = [...text];
  const kept = longest(
    letters.length,
    (count) =>
      widthOf(letters.slice(letters.length - count).join("")) <= cells - 1,
  );
  const end = letters.slice(letters.length - kept);
  const folder = end.indexOf("/");
  const from = folder >= 0 && folder <= end.length / 2 ? folder : 0;
  return `…${end.slice(from).join("")}`;
}

export function cutEnd(text: string, cells: number, widthOf: WidthOf): string {
  if (widthOf(text) <= cells) return text;
  const letters = [...text];
  const kept = longest(
    letters.length,
    (count) => widthOf(letters.slice(0, count).join("")) <= cells - 1,
  );
  return `${letters.slice(0, kept).join("").trimEnd()}…`;
}

/** The largest count that fits, by halving; letters that join others make it a little less at most. */
function longest(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
