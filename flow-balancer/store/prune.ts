/** What is deleted for good, a little at a time: outcomes, decisions, events and audit entries beyond those that are kept, what a newer version knows better, and pages that nothing is left on. */

import type { Store } from "./database.ts";
import type { Pace } from "./pace.ts";

const ROWS = 500;
/** 4 MiB that will be needed again, and at least so much of the file. */
const SLACK_PAGES = 1_024;
const SLACK_SHARE = 0.1;
const PAGES = 128;

/** All but the newest `keep` of each kind, and the newest of all: its number would be given away again, and whoever has read as far would miss the next. Returns how many. */
export async function pruneOutcomes(
  { raw, commit }: Store,
  keep: number,
  pace: Pace,
): Promise<number> {
  // Jumps from kind to kind on the index: DISTINCT would read all of it.
  const kinds = raw.query<{ kind: string }, []>(
    `WITH RECURSIVE k(kind) AS (SELECT min(kind) FROM outcomes
       UNION ALL SELECT (SELECT min(o.kind) FROM outcomes o WHERE o.kind > k.kind) FROM k WHERE k.kind IS NOT NULL)
     SELECT kind FROM k WHERE kind IS NOT NULL`,
  );
  const prune = raw.query<unknown, [string, number]>(
    `DELETE FROM outcomes WHERE seq < (SELECT max(seq) FROM outcomes) AND seq IN (SELECT seq FROM outcomes WHERE kind = ?1
       AND seq <= (SELECT seq FROM outcomes WHERE kind = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2) ORDER BY seq LIMIT ${ROWS})`,
  );
  let pruned = 0;
  for (const { kind } of kinds.all())
    pruned += await untilFew(pace, () =>
      commit.write(() => prune.run(kind, keep).changes),
    );
  return pruned;
}

/** All before `before`, epoch ms, but for the newest: its number would be given away again. Returns how many. */
export function pruneEvents(
  { raw, commit }: Store,
  before: number,
  pace: Pace,
): Promise<number> {
  const prune = raw.query<unknown, [number]>(
    `DELETE FROM events WHERE at < ?1 AND seq < (SELECT max(seq) FROM events)
       AND seq IN (SELECT seq FROM events ORDER BY seq LIMIT ${ROWS})`,
  );
  return untilFew(pace, () => commit.write(() => prune.run(before).changes));
}

/** Those made before `before`, epoch ms, and all but the newest `keep`; the newest stays in any case. Returns how many. */
export function pruneDecisions(
  { raw, commit }: Store,
  { before, keep }: { readonly before: number; readonly keep: number },
  pace: Pace,
): Promise<number> {
  const prune = raw.query<unknown, [number, number]>(
    `DELETE FROM decisions WHERE (at < ?1 OR id <= (SELECT max(id) FROM decisions) - ?2) AND id < (SELECT max(id) FROM decisions)
       AND id IN (SELECT id FROM decisions ORDER BY id LIMIT ${ROWS})`,
  );
  return untilFew(pace, () =>
    commit.write(() => prune.run(before, keep).changes),
  );
}

/** All entries of the audit log but the newest `keep`; the newest stays in any case. Returns how many. */
export function pruneAudit(
  { raw, commit }: Store,
  keep: number,
  pace: Pace,
): Promise<number> {
  const prune = raw.query<unknown, [number]>(
    `DELETE FROM audit WHERE seq <= (SELECT max(seq) FROM audit) - max(1, ?1)
       AND seq IN (SELECT seq FROM audit ORDER BY seq LIMIT ${ROWS})`,
  );
  return untilFew(pace, () => commit.write(() => prune.run(keep).changes));
}

/** States in a form that is out of date, unless a server that still has that form saved one since `before`, epoch ms. Returns how many. */
export function pruneLearned(
  { raw, commit }: Store,
  before: number,
): Promise<number> {
  const prune = raw.query<unknown, [number]>(
    `DELETE FROM learned_states WHERE updated_at < ?1
       AND version < (SELECT max(version) FROM learned_states o WHERE o.learner = learned_states.learner)`,
  );
  return commit.write(() => prune.run(before).changes);
}

async function untilFew(
  pace: Pace,
  prune: () => Promise<number>,
): Promise<number> {
  for (let pruned = 0; ;) {
    const now = await pace.step(prune);
    pruned += now;
    if (now < ROWS || pace.isStopped) return pruned;
  }
}

/** Gives free pages back to the disk; does nothing in a file that was made without `auto_vacuum`. */
export async function shrink(
  { raw, commit }: Store,
  pace: Pace,
): Promise<void> {
  const pages = raw.query<{ free: number; all_pages: number }, []>(
    "SELECT freelist_count AS free, page_count AS all_pages FROM pragma_freelist_count, pragma_page_count",
  );
  for (let before = Number.POSITIVE_INFINITY; ;) {
    const { free = 0, all_pages: all = 0 } = pages.get() ?? {};
    const isMuch = free > SLACK_PAGES && free > all * SLACK_SHARE;
    if (!isMuch || free >= before || pace.isStopped) return;
    before = free;
    await pace.step(() =>
      commit.write(() => raw.run(`PRAGMA incremental_vacuum(${PAGES})`)),
    );
  }
}
