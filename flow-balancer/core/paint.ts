/** Colours for a terminal; plain text where nobody asked for them. */

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  cyan(text: string): string;
}

const style =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001B[${on}m${text}\u001B[${off}m`;
const plain = (text: string): string => text;

const COLOURED: Paint = {
  bold: style(1, 22),
  dim: style(2, 22),
  green: style(32, 39),
  red: style(31, 39),
  cyan: style(36, 39),
};
const PLAIN: Paint = {
  bold: plain,
  dim: plain,
  green: plain,
  red: plain,
  cyan: plain,
};

/** NO_COLOR with any text means no. */
export const createPaint = (
  isTTY: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Paint =>
  isTTY && !environment["NO_COLOR"] && environment["TERM"] !== "dumb"
    ? COLOURED
    : PLAIN;
