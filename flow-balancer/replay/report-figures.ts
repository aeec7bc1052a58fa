/** How the text of a replay shows its figures. */

import { alignedLines } from "../core/table.ts";

/** In columns, the head first. */
export const columns = (rows: readonly (readonly string[])[]): string[] =>
  alignedLines(rows, Bun.stringWidth);

/** A share in percent, to a tenth; `-`: there was nothing to take a share of. */
export const percent = (share: number | null): string =>
  share === null ? "-" : `${(share * 100).toFixed(1)} %`;
