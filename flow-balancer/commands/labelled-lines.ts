/** Facts one under the other: a label, and what is to be said. A fact of several lines stands in its own column. */

import type { Paint } from "../core/paint.ts";
import { wrappedLines } from "./wrapped-lines.ts";

/** "" for a label: it goes on with the one before. */
export type Fact = readonly [label: string, text: string];

const GAP = 2;

/** `width`: of the terminal, cells; Infinity: nothing is wrapped. */
export function labelledLines(
  facts: readonly Fact[],
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string {
  const room = Math.max(0, ...facts.map(([label]) => label.length)) + GAP;
  return facts
    .flatMap(([label, text]) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          wrappedLines(
            `${paint.bold((index === 0 ? label : "").padEnd(room))}${line}`.trimEnd(),
            width,
            room,
          ),
        ),
    )
    .join("\n");
}
