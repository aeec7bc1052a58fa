/** Text of others on somebody's terminal: nothing in it moves the cursor, changes a colour, or turns the direction of what is read. */

/** Control characters (C0, DEL, C1), line and paragraph separators, marks that turn the direction, halves of a pair. */
const STEERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

const NAMES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

const escaped = (letter: string): string =>
  NAMES[letter] ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** As one line: `\n` and `\u001b` are seen as such. */
export const printable = (text: string): string =>
  text.replace(STEERS, escaped);

/** Lines and tabs stay what they are. */
export const printableLines = (text: string): string =>
  text.replace(STEERS, (letter) =>
    letter === "\n" || letter === "\t" ? letter : escaped(letter),
  );

/** The same value as JSON text that is safe to look at: what JSON leaves as it is, as C1, is escaped the way JSON does. */
export const printableJson = (value: object): string =>
  JSON.stringify(value).replace(STEERS, escaped);
