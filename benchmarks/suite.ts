/** What every suite gets and gives. */

import type { Findings } from "./report.ts";

export interface RunOptions {
  /** A few measurements, to see that everything works; the figures mean nothing. */
  readonly quick: boolean;
  /** For the person who waits. */
  readonly say: (text: string) => void;
}

export interface Suite {
  readonly name: string;
  /** One line. */
  readonly measures: string;
  /** Throws if any answer was wrong: a fast wrong answer is no measurement. */
  run(options: RunOptions): Promise<Findings>;
}
