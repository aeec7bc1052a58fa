/** Facts one under the other: a label, and what is to be said. A fact of several lines stands in its own column. */

import type { Paint } from "../core/paint.ts";

/** "" for a label: it goes on with the one before. */
export type Fact = readonly [label: string, text: string];

const GAP = 2;

export function labelledLines(facts: readonly Fact[], paint: Paint): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length)) + GAP;
  return facts
    .flatMap(([label, text]) =>
      text
        .split("\n")
        .map((line, index) =>
          `${paint.bold((index === 0 ? label : "").padEnd(width))}${line}`.trimEnd(),
        ),
    )
    .join("\n");
}
