/** A seeded mix of kinds and sessions, without an end. Pure. */

export interface MixedTask {
  readonly kind: "echo" | "mcp-sdk" | "count-tokens";
  readonly session: string | null;
  readonly serial: number;
}

/** Of a hundred tasks. The rest are of mcp-sdk, each in a session. */
const ECHO = 40;
const COUNT_TOKENS = 15;

/** Of `sessions` the first is the busiest, the n-th has an n-th of its tasks (Zipf with exponent 1). */
export function* mixedWorkload(
  sessions: number,
  random: () => number,
): Generator<MixedTask, never> {
  const weights = Array.from(
    { length: sessions },
    (_, index) => 1 / (index + 1),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const session = (): string => {
    let left = random() * total;
    const index = weights.findIndex((weight) => (left -= weight) < 0);
    return `session-${index < 0 ? sessions - 1 : index}`;
  };
  for (let serial = 0; ; serial++) {
    const percent = random() * 100;
    if (percent < ECHO) yield { kind: "echo", session: null, serial };
    else if (percent < ECHO + COUNT_TOKENS)
      yield { kind: "count-tokens", session: null, serial };
    else yield { kind: "mcp-sdk", session: session(), serial };
  }
}
