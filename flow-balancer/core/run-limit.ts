/** How long a run may take, and by whose word. */

export type LimitBasis =
  /** The caller's `timeout_ms`, or the kind's in the configuration: it always wins. */
  | "explicit"
  /** Too little was seen of anything. */
  | "default"
  /** Of all kinds together, of the kind, of what runs alike within it. */
  | "all_kinds"
  | "kind"
  | "own_runs";

export interface RunLimit {
  /** Ended after so long, unless it gave a sign of life lately, ms. */
  readonly softMs: number;
  /** Ended after so long whatever it says, ms; at least `softMs`. */
  readonly maxMs: number;
  readonly basis: LimitBasis;
  /** Runs behind it. */
  readonly n: number;
}
