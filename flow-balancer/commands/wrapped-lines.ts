/** Lines that fit: what is longer than a terminal is wide goes on below, under where it began. Colours and wide letters are understood. */

/** Cells; narrower columns are not worth having. */
const LEAST_CELLS = 12;

/** `indent`: cells before each line that goes on. Of a width of Infinity nothing is wrapped. */
export function wrappedLines(
  text: string,
  width: number,
  indent: number,
): string[] {
  if (width === Infinity) return text.split("\n");
  return text.split("\n").flatMap((line) => {
    if (Bun.stringWidth(line) <= width) return [line];
    const lead = indent > width - LEAST_CELLS ? 2 : indent;
    return hung(line, width, lead);
  });
}

/** The first `lead` cells of a line are its label, which is never broken. */
function hung(line: string, width: number, lead: number): string[] {
  const head = Bun.sliceAnsi(line, 0, lead);
  const rest = Bun.sliceAnsi(line, lead);
  return Bun.wrapAnsi(rest, width - lead, { hard: true, trim: true })
    .split("\n")
    .map((part, index) => (index === 0 ? head : " ".repeat(lead)) + part);
}

/** Of text whose own indentation says how far what goes on is to be indented. */
export const wrappedText = (text: string, width: number): string =>
  text
    .split("\n")
    .flatMap((line) => wrappedLines(line, width, indentOf(line)))
    .join("\n");

/** As far as the second column of `  name   what it is`, else as far as the line itself. */
function indentOf(line: string): number {
  const column = /^ *\S+(?: \S+)* {2,}(?=\S)/.exec(line);
  return column === null
    ? (/^ */.exec(line)?.[0].length ?? 0)
    : Bun.stringWidth(column[0]);
}
