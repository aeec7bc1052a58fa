/**
 * The task queue on SQLite. Every write goes through the group commit; whatever a holder says is
 * guarded by the fence of its lease, so that a task has one result whoever else tries. Long texts are
 * stored compressed (see codec/stored-text.ts). The parts are beside this file; each names its statements.
 */

import { packBoth, packText, type StoredText } from "../codec/stored-text.ts";
import type { WireError } from "../core/errors.ts";
import { taskId, type HolderId, type TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type {
  CancelAnswer,
  ClaimAsk,
  Claimed,
  Hold,
  Lease,
  ListFilter,
  ListPage,
  NewTask,
  Reclaimed,
  Recorded,
  Settled,
  Settlement,
  Swept,
  TaskQueue,
  Terms,
} from "../core/queue.ts";
import type {
  TaskOutput,
  TaskRecord,
  TaskRequest,
  TaskState,
} from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { Claims } from "./claims.ts";
import { prepareEnds } from "./end-statements.ts";
import { GroupPlaces } from "./group-places.ts";
import { Recorder } from "./recorder.ts";
import { Recovery } from "./recovery.ts";
import { Redrive } from "./redrive.ts";
import { Settles, type PackedSettlement } from "./settles.ts";
import { Tallies } from "./tallies.ts";
import { TaskEnds } from "./task-ends.ts";
import { TaskGraph } from "./task-graph.ts";
import { TaskReads } from "./task-reads.ts";

export class SqliteQueue implements TaskQueue {
  readonly #store: Store;
  readonly #tallies: Tallies;
  readonly #recorder: Recorder;
  readonly #claims: Claims;
  readonly #settles: Settles;
  readonly #ends: TaskEnds;
  readonly #redrive: Redrive;
  readonly #recovery: Recovery;
  readonly #reads: TaskReads;
  readonly #newId: () => TaskId;

  constructor(store: Store, env: Env) {
    const tallies = new Tallies(store);
    const groups = new GroupPlaces(store);
    const graph = new TaskGraph(store, env, tallies);
    const sql = prepareEnds(store);
    const parts = { store, env, tallies, groups, graph, sql };
    const settles = new Settles(parts);
    this.#store = store;
    this.#tallies = tallies;
    this.#recorder = new Recorder(parts);
    this.#claims = new Claims(store, env, parts);
    this.#settles = settles;
    this.#ends = new TaskEnds(parts, settles);
    this.#redrive = new Redrive(parts);
    this.#recovery = new Recovery(store, env, this.#ends);
    this.#reads = new TaskReads(store);
    this.#newId = () => taskId(env.unique());
  }

  record(request: TaskRequest, terms: Terms): Promise<Recorded> {
    return this.#store.commit.writeWith(packText(request.inputJson), (input) =>
      this.#recorder.record(request, terms, input, this.#newId),
    );
  }

  add(tasks: readonly NewTask[]): Promise<readonly TaskRecord[]> {
    const inputs = tasks.map(({ request }) => packText(request.inputJson));
    return this.#store.commit.writeWith(together(inputs), (packed) =>
      this.#recorder.add(tasks, packed),
    );
  }

  claim(ask: ClaimAsk): Promise<readonly Claimed[]> {
    return this.#write(() => this.#claims.claim(ask));
  }

  started(lease: Lease): Promise<boolean> {
    return this.#write(() => this.#settles.start(lease));
  }

  extend(leases: readonly Lease[], leaseMs: number): Promise<readonly Hold[]> {
    return this.#write(() =>
      leases.map((lease) => this.#claims.extend(lease, leaseMs)),
    );
  }

  settle(lease: Lease, settlement: Settlement): Promise<Settled> {
    return this.#writePacked(settlement, (packed) =>
      this.#settles.settle(lease, packed),
    );
  }

  retry(
    lease: Lease,
    settlement: Settlement,
    holdMs = 0,
  ): Promise<Settled & { readonly again: boolean }> {
    return this.#writePacked(settlement, (packed) =>
      this.#ends.retry(lease, packed, holdMs),
    );
  }

  release(lease: Lease): Promise<boolean> {
    return this.#write(() => this.#ends.release(lease));
  }

  cancel(id: TaskId, error: WireError): Promise<CancelAnswer | null> {
    return this.#write(() => this.#ends.cancel(id, error));
  }

  redrive(id: TaskId): Promise<boolean> {
    return this.#write(() => this.#redrive.redrive(id));
  }

  async told(ids: readonly TaskId[]): Promise<void> {
    if (ids.length > 0) await this.#write(() => this.#ends.told(ids));
  }

  async sweep(): Promise<Swept> {
    if (!this.#recovery.isSweepNeeded) return { expired: 0, due: 0 };
    return this.#write(() => this.#recovery.sweep());
  }

  reclaim(
    holder: HolderId,
    { abandon }: { readonly abandon: boolean },
  ): Promise<Reclaimed> {
    return this.#write(() => this.#recovery.reclaim(holder, abandon));
  }

  async cancelAsked(holder: HolderId): Promise<readonly TaskId[]> {
    return this.#claims.cancelAsked(holder);
  }

  async held(holder: HolderId): Promise<readonly Lease[]> {
    return this.#claims.held(holder);
  }

  async get(id: TaskId): Promise<TaskRecord | null> {
    return this.#reads.get(id);
  }

  async ended(ids: readonly TaskId[]): Promise<readonly TaskId[]> {
    return this.#reads.ended(ids);
  }

  async output(id: TaskId): Promise<TaskOutput | null> {
    return this.#reads.output(id);
  }

  async list(filter: ListFilter): Promise<ListPage> {
    return this.#reads.list(filter);
  }

  async counts(): Promise<Readonly<Record<TaskState, number>>> {
    return this.#tallies.counts();
  }

  async runTimes(kind: string, limit: number): Promise<readonly number[]> {
    return this.#reads.runTimes(kind, limit);
  }

  #write<T>(run: () => T): Promise<T> {
    return this.#store.commit.write(run);
  }

  #writePacked<T>(
    settlement: Settlement,
    run: (packed: PackedSettlement) => T,
  ): Promise<T> {
    const { result, output } = settlement;
    const packed = packBoth(result.valueJson, output?.text ?? null);
    return this.#store.commit.writeWith(packed, ([value, text]) =>
      run({ settlement, value, text }),
    );
  }
}

/** At once if they are all there. */
const together = (
  packed: readonly (StoredText | Promise<StoredText>)[],
): readonly StoredText[] | Promise<readonly StoredText[]> =>
  packed.some((one) => one instanceof Promise)
    ? Promise.all(packed)
    : (packed as readonly StoredText[]);
