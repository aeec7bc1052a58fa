/** Where a table is shown: how wide, and whether in colours. */

import { createPaint, type Paint } from "../core/paint.ts";
import type { Fit } from "../core/table.ts";

export interface Terminal extends Fit {
  readonly paint: Paint;
}

/** Cells; what a terminal without a width of its own gets. */
const DEFAULT_WIDTH = 80;

/** Of output that goes to a file or another program nothing is cut or coloured. */
export const terminalOf = (
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal => ({
  width: stream.isTTY === true ? stream.columns || DEFAULT_WIDTH : Infinity,
  widthOf: Bun.stringWidth,
  paint: createPaint(stream.isTTY === true, environment),
});
