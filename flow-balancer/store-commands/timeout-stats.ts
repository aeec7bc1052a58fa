/** `flow-balancer timeout-stats [kind]`: what the servers of this home learned of run times, whether one runs or not. */

import type { Answer } from "../commands/answer.ts";
import {
  type KnownTimeouts,
  timeoutStatsAnswer,
} from "../commands/timeout-stats.ts";
import type { Terminal } from "../commands/terminal.ts";
import type { Config } from "../config.ts";
import { deadlineOptions } from "../config/deadline-options.ts";
import { readDeadlines } from "../read-deadlines.ts";
import { configOf, readStoreOrNull, type Where } from "./read-store.ts";

/** `kind`: that one's buckets; null: all kinds. */
export function timeoutStats(
  { kind }: { readonly kind: string | null },
  where: Where,
  as: Terminal | "json",
): Answer {
  const found = readStoreOrNull(where, ({ db, config }) => {
    const options = deadlineOptions(config.learning, config.tasks);
    const { learner, warning } = readDeadlines(db, options);
    return { kinds: learner.summary(kind ?? undefined), warning };
  });
  return timeoutStatsAnswer(
    {
      kind,
      ...settingsOf(configOf(where)),
      ...(found ?? { kinds: [], warning: null }),
    },
    as,
  );
}

const settingsOf = ({
  kinds,
  learning,
}: Config): Pick<KnownTimeouts, "fixed" | "isLearned"> => ({
  isLearned: learning.deadlines === "learned",
  fixed: new Map(
    kinds.flatMap(({ name, timeoutMs }) =>
      timeoutMs === null ? [] : [[name, timeoutMs] as const],
    ),
  ),
});
