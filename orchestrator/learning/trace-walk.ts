/** A trace of tasks in order of time, arrivals and ends, for whoever asks. */

export interface Arrival {
  readonly key: string;
  readonly atMs: number;
  readonly durationMs: number;
}

export interface Trace {
  readonly arrivals: readonly Arrival[];
  readonly ends: readonly End[];
}

interface End {
  readonly arrival: Arrival;
  /** Which arrival it is the end of. */
  readonly index: number;
  readonly atMs: number;
}

/** `arrivals` in any order; of those at one time, the first comes first. */
export function orderTrace(unordered: readonly Arrival[]): Trace {
  const arrivals = [...unordered].sort((a, b) => a.atMs - b.atMs);
  const ends = arrivals
    .map((arrival, index) => ({
      arrival,
      index,
      atMs: arrival.atMs + arrival.durationMs,
    }))
    .sort((a, b) => a.atMs - b.atMs || a.index - b.index);
  return { arrivals, ends };
}

export interface TraceEvents {
  arrived(arrival: Arrival): void;
  ended(arrival: Arrival, atMs: number): void;
}

/** A task that ends when another arrives ends first; one that takes no time ends after its own arrival. Answers when the last one ended, ms. */
export function walkTrace({ arrivals, ends }: Trace, on: TraceEvents): number {
  let next = 0;
  const endUntil = (atMs: number, before: number): void => {
    for (; next < ends.length; next++) {
      const end = ends[next];
      if (end === undefined || end.atMs > atMs || end.index >= before) return;
      on.ended(end.arrival, end.atMs);
    }
  };
  for (let at = 0; at < arrivals.length; at++) {
    const arrival = arrivals[at];
    if (arrival === undefined) continue;
    endUntil(arrival.atMs, at);
    on.arrived(arrival);
  }
  endUntil(Number.POSITIVE_INFINITY, arrivals.length);
  return ends.at(-1)?.atMs ?? 0;
}
