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
import { meantKind } from "./meant-kind.ts";
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
    const kinds = learner.summary(kind ?? undefined);
    const isUnknown = kind !== null && kinds.length === 0;
    const meant = isUnknown ? meantKind(kind, db, config) : ".";
    return { kinds, warning, meant };
  });
  const settings = configOf(where);
  const meant = kind === null ? "." : meantKind(kind, null, settings);
  return timeoutStatsAnswer(
    {
      kind,
      ...settingsOf(settings),
      ...(found ?? { kinds: [], warning: null, meant }),
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
