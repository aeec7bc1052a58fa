/** How long a client is kept waiting: until before it gives up. */

export interface Patience {
  /** What its name tells, or the settings, ms; `null`: it gave no name. */
  knownMs(client: string | null): number;
  /** The same, or less: before it was seen to give up, ms. To be asked once for each wait. */
  limitMs(client: string | null): number;
  /** After each wait, counted from when the call came; `gaveUp`: the client ended it, otherwise it would have waited longer. */
  waited(client: string | null, waitedMs: number, gaveUp: boolean): void;
  /** What is known of it, in lines for a person. */
  explain(client: string): readonly string[];
}
