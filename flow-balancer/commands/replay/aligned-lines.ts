/** Rows of text in columns: the first flush left, the others flush right. */

const GAP = "  ";

/** The first row is the head. Rows may be shorter than the head. */
export function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => Bun.stringWidth(row[column] ?? ""))),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const text = row[column] ?? "";
        const space = " ".repeat(width - Bun.stringWidth(text));
        return column === 0 ? text + space : space + text;
      })
      .join(GAP)
      .trimEnd(),
  );
}
