/**
 * Work for scripts that have neither our runtime nor SQL. Who gets a task is decided in SQL alone: the
 * bridge first holds a few ready tasks of the board, under a fence, then offers each as a file (see
 * claim-folders.ts). A script claims an offer with mkdir, which has one winner, and the name has the
 * fence in it, so that an old claim can neither block a newer attempt nor finish it; nothing is ever
 * broken or made a second time. From then on the task has a lease, which is extended whenever the
 * script's heartbeat is seen to change; that of a killed script runs out, as an agent's does.
 *
 * Offers are made while somebody looks for work (`want` was touched within a minute), and taken back
 * after, as they are for an agent: by mkdir of the same name. Any number of bridges may run on one
 * home; what one left undone when it died, the next beat of another does. examples/claim.sh is a script.
 */

import type { TaskId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import { BridgeRows, type HeldTask, isTaken } from "./bridge-rows.ts";
import { ClaimFolders } from "./claim-folders.ts";
import { keyOf } from "./claim-names.ts";
import { ScriptClaims } from "./script-claims.ts";
import type {
  ScriptBoard,
  ShellBridgeOptions,
} from "./shell-bridge-options.ts";

const WINDOW = 32;
const LEASE_MS = 60_000;
const BEAT_MS = 250;
const IDLE_BEAT_MS = 1_000;
/** Somebody who looks for work touches `want` more often. */
const WANTED_MS = 60_000;
/** A completion may have to look at evidence for longer than a stop can wait. */
const STOP_MS = 2_000;

export interface BridgeCounts {
  /** Results that came after the lease was lost. */
  readonly fenced: number;
  /** Names and files that were none of ours, or could not be believed. */
  readonly aside: number;
}

export class ShellBridge {
  readonly #env: Env;
  readonly #store: ShellBridgeOptions["store"];
  readonly #queue: ShellBridgeOptions["queue"];
  readonly #board: ScriptBoard;
  readonly #window: number;
  readonly #leaseMs: number;
  readonly #onError: (thrown: unknown) => void;
  readonly #folders: ClaimFolders;
  readonly #rows: BridgeRows;
  readonly #claims: ScriptClaims;
  #passing: Promise<boolean> = Promise.resolve(false);
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;
  #moved = 0;
  /** Why the last look failed, once somebody was told; null: it did not. */
  #told: string | null = null;

  constructor(options: ShellBridgeOptions) {
    const { env, home } = options;
    this.#env = env;
    this.#store = options.store;
    this.#queue = options.queue;
    this.#board = options.board;
    this.#window = options.window ?? WINDOW;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#onError = options.onError ?? (() => {});
    this.#folders = new ClaimFolders(home, () => env.unique());
    this.#rows = new BridgeRows(options.store);
    this.#claims = new ScriptClaims({
      ...options,
      folders: this.#folders,
      rows: this.#rows,
      leaseMs: this.#leaseMs,
      onError: (thrown) => this.#onError(thrown),
    });
  }

  /**
   * The first beat comes at once: before leases that ran out are swept. Never throws: where the folders
   * cannot be used scripts are offered no work, `onError` is told, and every beat tries again.
   */
  start(): void {
    try {
      this.#folders.prepare();
      this.#folders.clear();
    } catch {
      // The first beat finds the same, and tells.
    }
    this.#beat(0);
  }

  /** The last process on a home takes its offers back: nobody would hear of what became of them. */
  async stop({ isLast }: { readonly isLast: boolean }): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#passing.catch(() => {});
    if (isLast)
      await Promise.all(
        this.#rows
          .held()
          .flatMap((task) => (isTaken(task) ? [] : [this.#takeBack(task)])),
      );
    let cancel: (() => void) | undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = this.#env.timer(STOP_MS, resolve);
    });
    await Promise.race([this.#claims.finished(), patience]);
    cancel?.();
  }

  /** Everything there is to do now, once. Throws UNSAFE_PERMISSIONS, and what the store throws. */
  async sync(): Promise<void> {
    try {
      await this.#pass();
    } catch (thrown) {
      this.#isNews(thrown);
      throw thrown;
    }
    await this.#claims.finished();
  }

  /** True if no script has this offer, nor ever will: it may be released, or claimed by the one who asks. */
  withdraw(id: TaskId, fence: number): boolean {
    return this.#folders.withdraw({ id, fence });
  }

  get counts(): BridgeCounts {
    const { fenced, wrong } = this.#claims.counts;
    return { fenced, aside: this.#moved + wrong };
  }

  #beat(ms: number): void {
    this.#cancelTimer = this.#env.timer(ms, () => {
      void this.#pass()
        .catch((thrown: unknown) => {
          if (this.#isNews(thrown)) this.#onError(thrown);
          return false;
        })
        .then((isBusy) => {
          if (!this.#isStopped) this.#beat(isBusy ? BEAT_MS : IDLE_BEAT_MS);
        });
    });
  }

  /** One after the other. True if scripts are about. */
  #pass(): Promise<boolean> {
    const pass = this.#passing.catch(() => {}).then(() => this.#look());
    this.#passing = pass;
    return pass;
  }

  /** What fails with every beat is told once. */
  #isNews(thrown: unknown): boolean {
    const before = this.#told;
    this.#told = String(thrown);
    return this.#told !== before;
  }

  async #look(): Promise<boolean> {
    const folders = this.#folders;
    folders.prepare();
    // Files before rows: what is offered or claimed was held before that.
    const offers = folders.offers();
    const claims = folders.claims();
    this.#moved += offers.moved + claims.moved;
    const held = new Map(this.#rows.held().map((it) => [keyOf(it), it]));
    for (const [key, name] of offers.names)
      if (!held.has(key)) folders.dropOffer(name);
    const isWanted = this.#isWanted();
    const offered: HeldTask[] = [];
    const strays = [...claims.keys].filter((key) => !held.has(key));
    await Promise.all([
      ...strays.map((key) => this.#apart(async () => this.#claims.retire(key))),
      ...[...held].map(([key, task]) =>
        this.#apart(async () => {
          if (claims.keys.has(key)) await this.#claims.look(key, task);
          else if (await this.#keep(task, isWanted, offers.names.has(key)))
            offered.push(task);
        }),
      ),
    ]);
    await Promise.all([this.#claims.extend(), this.#extend(offered)]);
    if (isWanted) await this.#topUp(offered.length);
    this.#told = null;
    return isWanted || held.size > 0 || claims.keys.size > 0;
  }

  /** One that cannot be dealt with holds no other up. */
  async #apart(deal: () => Promise<void>): Promise<void> {
    try {
      await deal();
    } catch (thrown) {
      this.#onError(thrown);
    }
  }

  /** Nobody has claimed it. True if it stays on offer. */
  async #keep(
    task: HeldTask,
    isWanted: boolean,
    isThere: boolean,
  ): Promise<boolean> {
    // Of one that a script has, the folder is gone: nobody can finish it, and its lease runs out.
    if (isTaken(task)) return false;
    if (!isWanted || task.cancelAsked === 1) {
      await this.#takeBack(task);
      return false;
    }
    if (!isThere) await this.#offer(task);
    return true;
  }

  async #takeBack(task: HeldTask): Promise<void> {
    if (!this.#folders.withdraw(task)) return;
    // If somebody wants it cancelled, this ends it.
    await this.#queue.release(task);
    this.#folders.discard(keyOf(task));
  }

  /**
   * Never one that is over: whoever ends it drops its offer after that, and this waits for whoever
   * writes. Looked at before, it could have been taken and done between the look and the offer.
   */
  async #offer(task: HeldTask): Promise<void> {
    const half = this.#folders.prepareOffer(task, this.#rows.job(task));
    await this.#store.commit.write(() => {
      if (this.#rows.isHeld(task)) this.#folders.offer(half, task);
      else this.#folders.dropHalf(half);
    });
  }

  /** Offers last as long as a bridge does. */
  async #extend(offered: readonly HeldTask[]): Promise<void> {
    const soon = this.#env.boot() + this.#leaseMs / 2;
    const due = offered.filter(({ leaseBoot }) => (leaseBoot ?? soon) < soon);
    if (due.length > 0) await this.#queue.extend(due, this.#leaseMs);
  }

  async #topUp(offered: number): Promise<void> {
    const max = this.#window - offered;
    if (max <= 0) return;
    // Nobody knows what a script can do: it is offered what needs nothing said.
    const claimed = await this.#board.offer(max, [], this.#leaseMs);
    const keys = new Set(claimed.map(({ lease }) => keyOf(lease)));
    if (keys.size === 0) return;
    const held = this.#rows.held().filter((task) => keys.has(keyOf(task)));
    await Promise.all(held.map((task) => this.#offer(task)));
  }

  /** By our own clock: a change of the file is what is seen, not its time. */
  #isWanted(): boolean {
    const { bootId } = this.#env;
    const sign = this.#folders.sign("want");
    if (sign === "none") return false;
    const seen = parseOrNull(this.#folders.seen("want")) as Wanted | null;
    if (seen?.sign === sign && seen.bootId === bootId)
      return this.#env.boot() - seen.boot < WANTED_MS;
    const now: Wanted = { sign, bootId, boot: this.#env.boot() };
    this.#folders.note("want", JSON.stringify(now));
    return true;
  }
}

/** When `want` was last seen to change. */
interface Wanted {
  readonly sign: string;
  readonly bootId: string;
  readonly boot: number;
}
