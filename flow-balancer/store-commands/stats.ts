/** `flow-balancer stats`: from the outcomes that are stored, whether a server runs or not. */

import type { Answer } from "../commands/answer.ts";
import { parseSince } from "../commands/elapsed.ts";
import { type RecentWork, statsAnswer } from "../commands/stats.ts";
import type { Terminal } from "../commands/terminal.ts";
import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { meantKind } from "./meant-kind.ts";
import { configOf, readStoreOrNull, type Where } from "./read-store.ts";
import { firstOutcomeAt, recentOutcomes } from "./recent-outcomes.ts";

export interface StatsOptions {
  readonly since?: string;
  readonly kind?: string;
}

/** Throws INVALID_ARGUMENT. */
export function stats(
  options: StatsOptions,
  where: Where,
  as: Terminal | "json",
): Answer {
  const now = where.env.now();
  const asked = options.since ?? "1h";
  const since = parseSince(asked, now, "--since");
  if (since >= now)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `--since is ${quoted(asked)}, which is not in the past`,
    );
  const kind = options.kind ?? null;
  const found = readStoreOrNull(
    where,
    ({ db, config }): Pick<RecentWork, "ended" | "keptSince" | "meant"> => {
      const ended = recentOutcomes(db, since, kind);
      const isUnknown = ended.length === 0 && kind !== null;
      return {
        ended,
        keptSince: firstOutcomeAt(db),
        meant: isUnknown ? meantKind(kind, db, config) : ".",
      };
    },
  );
  const nothing = {
    ended: [],
    keptSince: null,
    meant: kind === null ? "." : meantKind(kind, null, configOf(where)),
  };
  return statsAnswer({ since, now, kind, ...(found ?? nothing) }, as);
}
