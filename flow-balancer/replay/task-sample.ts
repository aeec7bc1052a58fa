/**
 * Whole tasks of a trace too long to keep, each with the same chance, the same ones in every run: those
 * whose ids hash below a limit, which is halved whenever too much is kept.
 */

import type { AnswerRow } from "../../orchestrator/learning/replay-waste-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { grouped } from "../core/figures.ts";
import { hash32 } from "../../orchestrator/learning/similarity-hash.ts";
import { ownText } from "./own-text.ts";

export interface SampleLimits {
  readonly rows: number;
  /** Of all outputs together, UTF-16 units. */
  readonly chars: number;
}

const SEED = 20_261_121;
const ALL = 2 ** 32;

export class TaskSample {
  readonly #limits: SampleLimits;
  #below = ALL;
  #kept: { readonly row: AnswerRow; readonly hash: number }[] = [];
  #chars = 0;
  #seen = 0;

  constructor(limits: SampleLimits) {
    this.#limits = limits;
  }

  /** Rows that were looked at. */
  get seen(): number {
    return this.#seen;
  }

  /** In the order of the trace. Throws INVALID_INPUT where single tasks are larger than what may be kept of all. */
  get rows(): readonly AnswerRow[] {
    const { rows, chars } = this.#limits;
    if (this.#kept.length === 0 && this.#seen > 0)
      throw new BalancerError(
        "INVALID_INPUT",
        `single tasks have more than ${grouped(rows)} rows or ${grouped(chars)} characters of output, which is the limit for all`,
        { hint: "Is the column id the task's?" },
      );
    return this.#kept.map(({ row }) => row);
  }

  add(row: AnswerRow): void {
    this.#seen++;
    const hash = hash32(row.id, SEED);
    if (hash >= this.#below) return;
    this.#kept.push({ row: copyOf(row), hash });
    this.#chars += row.output.length;
    while (this.#isFull && this.#below > 1) this.#halve();
  }

  get #isFull(): boolean {
    const { rows, chars } = this.#limits;
    return this.#kept.length > rows || this.#chars > chars;
  }

  #halve(): void {
    this.#below /= 2;
    this.#kept = this.#kept.filter(({ hash }) => hash < this.#below);
    this.#chars = this.#kept.reduce(
      (sum, { row }) => sum + row.output.length,
      0,
    );
  }
}

/** What limits a sample, in words to stand beside its figures. */
export const sampledWords = ({ rows, chars }: SampleLimits): string =>
  `rows of the file; beyond ${grouped(rows)} rows or ${grouped(chars)} characters of output, all figures are of whole tasks at random (those whose ids have the lowest hashes), the same ones in every run`;

const copyOf = ({ id, expert, ok, output }: AnswerRow): AnswerRow => ({
  id: ownText(id),
  expert: ownText(expert),
  ok,
  output: ownText(output),
});
