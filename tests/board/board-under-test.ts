/** Boards on one store, and what to put on them. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteBoard } from "../../flow-balancer/board/sqlite-board.ts";
import type {
  ClaimReport,
  Completion,
  NewItem,
  Update,
} from "../../flow-balancer/core/board.ts";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import {
  holderId,
  type HolderId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { suggestWork } from "../../orchestrator/routing/suggest-work.ts";
import { FakeEnv } from "../support/fake-env.ts";

export const ADA = holderId("ada");
export const BOB = holderId("bob");
export const LEASE_MS = 600_000;

type Options = Partial<
  Omit<ConstructorParameters<typeof SqliteBoard>[0], "env" | "store" | "queue">
> & {
  /** In a file, so that another can open it. */
  readonly path?: string;
};

export function newBoard<E extends Env = FakeEnv>(
  options: Options = {},
  given: E | null = null,
) {
  const env = given ?? (new FakeEnv() as Env as E);
  const home =
    options.home ?? mkdtempSync(join(tmpdir(), "flow-balancer-board-"));
  const store = openStore(options.path ?? ":memory:", "normal", env);
  const queue = new SqliteQueue(store, env);
  const board = new SqliteBoard({
    suggest: suggestWork,
    checkCommand: async (argv) => ({
      ok: argv[0] === "true",
      seen: `exit ${argv[0] === "true" ? 0 : 1}`,
    }),
    root: home,
    capacity: 30,
    leaseMs: LEASE_MS,
    withdraw: null,
    ...options,
    store,
    queue,
    env,
    home,
  });
  const claim = (
    by: HolderId,
    more: {
      id?: TaskId;
      declared?: readonly string[];
      capacity?: number;
    } = {},
  ): Promise<ClaimReport> =>
    board.claim(
      {
        holder: by,
        declared: more.declared ?? [],
        capacity: more.capacity ?? null,
      },
      { id: more.id ?? null, leaseMs: null },
    );
  return {
    env,
    home,
    store,
    queue,
    board,
    claim,
    add: async (...items: readonly NewItem[]) =>
      board.add(items, "parallel", ADA),
    /** The title of what was claimed; null for nothing. */
    take: async (...args: Parameters<typeof claim>) =>
      (await claim(...args)).claimed?.item.title ?? null,
    update: (id: TaskId, by: HolderId, more: Partial<Update>) =>
      board.update(id, by, { ...NO_UPDATE, ...more }),
    complete: (id: TaskId, by: HolderId, more: Partial<Completion> = {}) =>
      board.complete(id, by, { ...DONE, ...more }),
    status: (by: HolderId) =>
      board.status({ holder: by, declared: [], capacity: null }, null),
    async close(): Promise<void> {
      await closeStore(store);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export type Rig = ReturnType<typeof newBoard<FakeEnv>>;

const NO_UPDATE: Update = {
  progress: null,
  note: null,
  claimResources: [],
  releaseResources: [],
  release: false,
  leaseMs: null,
};

const DONE: Completion = {
  outcome: "completed",
  summary: null,
  evidence: [],
  note: null,
};

export const item = (title: string, more: Partial<NewItem> = {}): NewItem => ({
  key: null,
  title,
  details: null,
  weight: 2,
  priority: 0,
  capabilities: [],
  after: [],
  required: [],
  stage: null,
  ...more,
});

/** What a call was refused with. */
export async function refusal(
  call: Promise<unknown>,
): Promise<Pick<BalancerError, "code" | "message">> {
  try {
    await call;
  } catch (thrown) {
    if (thrown instanceof BalancerError)
      return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
  throw new Error("it was not refused");
}
