/** Lines of text that fit a width, by what is seen of them. */

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
