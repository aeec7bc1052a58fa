/** Why a task does not run now, in lines for a person: the first is the reason, the others are what is known beside. */

import type { ItemReads } from "../board/item-reads.ts";
import { waitsFor, whyNot } from "../board/claimable-work.ts";
import { durationInWords } from "../core/duration-in-words.ts";
import { duration } from "../core/figures.ts";
import type { PoolStatus } from "../core/pool-status.ts";
import { quoted } from "../core/quoted.ts";
import { percentile } from "../core/stats.ts";
import { TIERS } from "../core/tier.ts";
import { PARKED_BOOT } from "../queue/group-places.ts";
import {
  aheadOf,
  heldOfGroup,
  runningOf,
  type Standing,
} from "./task-standing.ts";
import type { Usual } from "./task-outcomes.ts";
import type { Watched } from "./watch-parts.ts";

export interface WaitsParts {
  readonly watched: Watched;
  /** Compiled with the first task that needs it. */
  readonly reads: () => ItemReads;
}

/** Of one that is queued. */
export function whyWaits(
  parts: WaitsParts,
  task: Standing,
  usual: Usual,
): string[] {
  const { watched, reads } = parts;
  const { env } = watched;
  const since = `queued for ${durationInWords(env.now() - task.submittedAt)}`;
  const said = (...lines: string[]): string[] => [...lines, since];
  if (task.cancelAsked === 1)
    return said(
      "somebody asked to cancel it: it ends as soon as its holder sees that",
    );
  if (task.pending > 0) return said(waitsFor({ reads: reads(), env }, task));
  if (task.holder === null && task.dueBoot !== null)
    return said(...whyLater(watched, task, task.dueBoot));
  if (task.queue === "board") return said(...onBoard(parts, task));
  if (task.holder === null) return said(...forAnyServer(watched, task));
  if (task.holder === watched.id) return said(...inPool(watched, task, usual));
  return said(...heldElsewhere(watched, task.holder));
}

function whyLater(
  { store, env }: Watched,
  { groupKey, groupLimit, attempt, dueAt }: Standing,
  dueBoot: number,
): string[] {
  if (dueBoot !== PARKED_BOOT || groupKey === null) {
    const left = dueBoot - env.boot();
    const at = dueAt === null ? "" : `, at ${new Date(dueAt).toISOString()}`;
    return [
      `it may not begin for another ${durationInWords(left)}${at}: ${attempt > 0 ? `the pause after attempt ${attempt}` : "it was submitted with a delay"}`,
    ];
  }
  const held = heldOfGroup(store.raw, groupKey);
  return [
    `its group ${quoted(groupKey)} has ${held} in hand, and may have ${groupLimit ?? 1}: it waits for a place`,
  ];
}

function onBoard({ watched, reads }: WaitsParts, { id }: Standing): string[] {
  const row = reads().item.get({ id });
  const context = {
    reads: reads(),
    env: watched.env,
    // What the bridge holds out to scripts is to be had.
    withdraw: () => true,
  };
  const obstacle = row === undefined ? null : whyNot(context, row, null);
  return [
    obstacle?.reason ??
      "it is ready on the board: no agent, person or script has claimed it",
  ];
}

function forAnyServer(watched: Watched, { kind }: Standing): string[] {
  const { pool, kinds } = watched;
  if (!kinds.names().includes(kind))
    return [
      `this server has no kind ${quoted(kind)}: it waits for one that has it`,
      "Check [kinds] of the configuration.",
    ];
  return [
    "nobody has taken it yet: every server has as much in hand as it runs",
    ...noWorkerFree(pool.status()),
    ...pausedTiers(watched),
  ];
}

function inPool(watched: Watched, task: Standing, usual: Usual): string[] {
  const { pool, store, id, kinds } = watched;
  const status = pool.status();
  const limit = limitOfKind(kinds, task.kind);
  const running = limit === null ? 0 : runningOf(store.raw, id, task.kind);
  const first =
    limit !== null && running >= limit
      ? [
          `its kind ${quoted(task.kind)} may run ${limit} at a time here, and ${running} run`,
        ]
      : noWorkerFree(status);
  return [
    ...pausedTiers(watched),
    ...first,
    ...place(aheadOf(store.raw, task), status, usual),
    ...sessionWaits(task, status),
  ];
}

const limitOfKind = (kinds: Watched["kinds"], kind: string): number | null => {
  try {
    return kinds.get(kind).pool.concurrency;
  } catch {
    return null;
  }
};

function noWorkerFree(status: PoolStatus): string[] {
  const { busy, idle, starting, maxWorkers, configuredWorkers } = status;
  const others =
    maxWorkers < configuredWorkers
      ? ` (${configuredWorkers} are configured; other servers have the rest)`
      : "";
  const coming = starting === 0 ? "" : `, ${starting} starting`;
  return idle > 0
    ? [`it is about to be given to a worker: ${idle} idle${coming}`]
    : [`no worker is free: ${busy} of ${maxWorkers} busy${coming}${others}`];
}

/** A rough one: what is before it, at the usual run time, over all workers. */
function place(ahead: number, status: PoolStatus, usual: Usual): string[] {
  const words = `about place ${ahead + 1} in this server's queue of ${Math.max(status.waiting, ahead + 1)}`;
  if (usual.runMs.length < 5 || status.maxWorkers === 0) return [words];
  const eachMs = percentile(usual.runMs, 0.5);
  const waitMs = ((ahead + 1) * eachMs) / status.maxWorkers;
  return [
    `${words}; if all ran as long as its kind usually does (${duration(eachMs)}), its turn comes in about ${duration(waitMs)}`,
  ];
}

function sessionWaits(
  { session }: Standing,
  { workers }: PoolStatus,
): string[] {
  const own = workers.find((it) => session !== null && it.session === session);
  return own === undefined || own.state !== "busy"
    ? []
    : [`its session's worker ${own.id} is busy with ${own.task ?? "a task"}`];
}

function pausedTiers({ ports }: Watched): string[] {
  const controls = ports.controls();
  return TIERS.flatMap((tier) => {
    const { paused, draining, limit } = controls[tier];
    if (paused) return [`tier ${tier} is paused by a person`];
    if (draining) return [`tier ${tier} is being drained by a person`];
    return limit === null
      ? []
      : [`tier ${tier} may have ${limit} workers, says a person`];
  });
}

function heldElsewhere({ store, env }: Watched, holder: string): string[] {
  const other = store.raw
    .query<{ pid: number; at: number; endedAt: number | null }, [string]>(
      "SELECT pid, heartbeat_at AS at, ended_at AS endedAt FROM instances WHERE id = ?",
    )
    .get(holder);
  if (other === null)
    return [`${quoted(holder)} has it and has not begun with it`];
  const heard = durationInWords(env.now() - other.at);
  return [
    other.endedAt === null
      ? `it waits for a worker of another server: ${holder} (pid ${other.pid}), last heard of ${heard} ago`
      : `its server ${holder} has ended: another takes it over`,
  ];
}
