/**
 * Ends an item. What its completion is to be believed for is looked at first, all of it; if something does
 * not hold, the item stays its holder's. Only what was looked at, and held, counts for what a holder has
 * proven.
 */

import type {
  Completion,
  CompletionReport,
  Evidence,
  EvidenceCheck,
} from "../core/board.ts";
import { BalancerError, wireError } from "../core/errors.ts";
import { type HolderId, type TaskId, SHELL_BRIDGE } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { Settled, Settlement } from "../core/queue.ts";
import type { EpochMs } from "../core/time.ts";
import {
  assertHolds,
  type BoardContext,
  extensionOf,
  itemRow,
  leaseOf,
  lost,
} from "./board-context.ts";
import { capabilitiesOf, toItem } from "./board-item.ts";
import { checkEvidence, LOOK_LIMIT_MS } from "./check-evidence.ts";
import {
  checkEvidenceList,
  checkHolder,
  checkNote,
  checkSummary,
} from "./check-item.ts";
import { shown } from "./check-text.ts";
import type { ItemRow } from "./item-reads.ts";
import { rideAlong } from "./ride-along.ts";

/** Longer than one look, so that a slow one does not lose the item. */
const LOOK_LEASE_MS = LOOK_LIMIT_MS + 60_000;

export class CompletionDesk {
  readonly #context: BoardContext;

  constructor(context: BoardContext) {
    this.#context = context;
  }

  /** `fence`: of the claim that it speaks for; null: the present one, whichever that is. */
  async complete(
    id: TaskId,
    by: HolderId,
    completion: Completion,
    fence: number | null,
  ): Promise<CompletionReport> {
    checkHolder(by);
    checkEvidenceList(completion.evidence, "evidence");
    checkSummary(completion.summary);
    checkNote(completion.note);
    const row = itemRow(this.#context, id);
    assertHolds(this.#context, row, by);
    if (fence !== null && fence !== row.fence) throw lost(id);
    const checks =
      completion.outcome === "completed"
        ? await this.#prove(row, by, completion.evidence)
        : [];
    const { ended, released } = await this.#settle(row, by, completion, checks);
    if (released.length > 0) this.#context.onReleased?.();
    if (ended.length > 0) await this.#tellEnded(ended);
    const { reads, env, changed } = this.#context;
    changed();
    const item = toItem(reads, itemRow(this.#context, id), env.boot());
    return { item, checks, released };
  }

  async #prove(
    row: ItemRow,
    by: HolderId,
    offered: readonly Evidence[],
  ): Promise<readonly EvidenceCheck[]> {
    const checks: EvidenceCheck[] = [];
    const { env } = this.#context;
    const began = env.boot();
    const usual = extensionOf(this.#context, row, null);
    // From now on as much as there would be if nothing had to be looked at.
    const left = (): number =>
      Math.max(this.#context.leaseMs, usual - (env.boot() - began));
    for (const evidence of allOf(row, offered)) {
      await this.#keep(row, by, Math.max(LOOK_LEASE_MS, left()));
      checks.push(await checkEvidence(this.#context, evidence));
    }
    if (checks.every(({ holds }) => holds)) return checks;
    await this.#keep(row, by, left());
    await this.#tellRefused(row, by, checks);
    throw notProven(row, checks);
  }

  /** The things that were claimed for it last as long as it does. */
  async #keep(row: ItemRow, by: HolderId, leaseMs: number): Promise<void> {
    const { queue, store, reads, resources } = this.#context;
    const lease = leaseOf(row);
    const { also } = await rideAlong({
      store,
      reads,
      id: row.id,
      write: () => queue.extend([lease], leaseMs),
      did: ([hold]) => hold !== "lost",
      also: (_, { holder, fence }) => {
        if (holder !== by || fence !== lease.fence) return undefined;
        resources.extend({ holder: by, taskId: row.id, leaseMs });
        return true;
      },
    });
    if (also === undefined) throw lost(row.id);
  }

  async #settle(
    row: ItemRow,
    by: HolderId,
    completion: Completion,
    checks: readonly EvidenceCheck[],
  ): Promise<Settled> {
    const { queue, store, reads } = this.#context;
    const lease = leaseOf(row);
    const settlement = settlementOf(row, completion, checks);
    const { done } = await rideAlong({
      store,
      reads,
      id: row.id,
      write: () => queue.settle(lease, settlement),
      did: ({ accepted }) => accepted,
      also: (before, after) => {
        const wasOurs =
          before.settledAt === null &&
          before.holder === by &&
          before.fence === lease.fence;
        if (!wasOurs || after.settledAt === null) return undefined;
        this.#record(before, by, completion, checks);
        return true;
      },
    });
    if (done.accepted) return done;
    assertHolds(this.#context, itemRow(this.#context, row.id), by);
    throw lost(row.id);
  }

  /** A script works under the bridge's lease; what it did is its own. */
  #record(
    row: ItemRow,
    by: HolderId,
    { outcome, summary, note }: Completion,
    checks: readonly EvidenceCheck[],
  ): void {
    const { writes, log, resources, env } = this.#context;
    const { seq, id, weight, startedAt } = row;
    const holder = by === SHELL_BRIDGE ? (row.workedBy ?? by) : by;
    const capabilities = capabilitiesOf(row);
    const isProven = outcome === "completed" && checks.length > 0;
    const provenJson = outcome === "completed" ? JSON.stringify(checks) : null;
    writes.ended.run({ seq, holder, provenJson, summary });
    if (note !== null)
      writes.note.run({ seq, at: env.now(), by: holder, text: note });
    if (isProven || outcome === "failed")
      for (const capability of new Set(capabilities))
        writes.record.run({
          holder,
          capability,
          successes: isProven ? 1 : 0,
          failures: isProven ? 0 : 1,
        });
    resources.releaseAll(id);
    log.add(`board.${outcome}`, id, holder, {
      weight,
      capabilities,
      proven: checks.length,
      // A script's includes the time it was offered: nothing to learn from.
      ...(startedAt === null || by === SHELL_BRIDGE
        ? {}
        : { run_ms: Math.max(0, env.now() - startedAt) }),
    });
    log.countChange();
    log.markSeen(by);
  }

  async #tellRefused(
    { id }: ItemRow,
    by: HolderId,
    checks: readonly EvidenceCheck[],
  ): Promise<void> {
    const { store, log } = this.#context;
    const failed = checks.filter(({ holds }) => !holds).length;
    await store.commit.write(() =>
      log.add("board.refused", id, by, { failed, checked: checks.length }),
    );
  }

  /** What came after it and can no longer run. */
  async #tellEnded(ended: readonly TaskId[]): Promise<void> {
    const { store, log, reads } = this.#context;
    await store.commit.write(() => {
      for (const id of ended) {
        const row = reads.item.get({ id });
        if (row !== undefined)
          log.add("board.ended", id, null, { state: row.state });
      }
    });
  }
}

/** Each once, what the item asks for first. */
function allOf(
  { requiredJson }: ItemRow,
  offered: readonly Evidence[],
): readonly Evidence[] {
  const required = (parseOrNull(requiredJson) ?? []) as readonly Evidence[];
  const byText = new Map(
    [...required, ...offered].map((it) => [JSON.stringify(it), it]),
  );
  return [...byText.values()];
}

const settlementOf = (
  { startedAt }: ItemRow,
  { outcome, summary }: Completion,
  evidence: readonly EvidenceCheck[],
): Settlement => ({
  result:
    outcome === "completed"
      ? { status: outcome, valueJson: JSON.stringify({ summary, evidence }) }
      : {
          status: outcome,
          error: wireError(
            "TASK_THREW",
            summary || "whoever worked on it gave it up as failed",
          ),
          valueJson: null,
        },
  execution: null,
  startedAt: startedAt as EpochMs | null,
  output: null,
});

function notProven(
  { id }: ItemRow,
  checks: readonly EvidenceCheck[],
): BalancerError {
  const lines = checks.map(
    ({ evidence, holds, seen }) =>
      `${holds ? "holds" : "does not hold"}: ${inWords(evidence)}: ${seen}`,
  );
  return new BalancerError(
    "NOT_PROVEN",
    `${id} is not proven, and still yours:\n${lines.join("\n")}`,
    {
      hint: "Make what does not hold true, then complete it again; or complete it with outcome 'failed'.",
    },
  );
}

function inWords(evidence: Evidence): string {
  switch (evidence.type) {
    case "command":
      return `command ${shown(JSON.stringify(evidence.argv))}`;
    case "file":
      return `file ${shown(JSON.stringify(evidence.path))}${evidence.sha256 === null ? "" : ` with sha256 ${evidence.sha256}`}`;
    case "task":
      return `task ${shown(evidence.id)}`;
  }
}
