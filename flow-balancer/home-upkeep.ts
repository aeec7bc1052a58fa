/**
 * What a server does for the home it lives in: keeps some of the disk back for results, moves what
 * ended long ago to the archive, and offers the board's work to scripts.
 */

import { join } from "node:path";
import type { RetentionConfig } from "./config/shape.ts";
import { DiskReserve } from "./config/disk-reserve.ts";
import { BalancerError, toWireError } from "./core/errors.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { ScriptBoard } from "./queue/shell-bridge-options.ts";
import { ShellBridge } from "./queue/shell-bridge.ts";
import type { Log } from "./server-log.ts";
import type { Store } from "./store/database.ts";
import { fileInPlace } from "./store/file-in-place.ts";
import { Retention } from "./store/retention.ts";

export interface UpkeepParts {
  readonly env: Env;
  readonly home: string;
  readonly store: Store;
  readonly queue: TaskQueue;
  readonly board: ScriptBoard;
  readonly log: Log;
  readonly retention: RetentionConfig;
}

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 1_000;

export class HomeUpkeep {
  readonly #env: Env;
  readonly #reserve: DiskReserve;
  readonly #bridge: ShellBridge;
  readonly #retention: Retention;
  readonly #failed: (what: string) => (thrown: unknown) => void;
  readonly #isInPlace: () => boolean;
  readonly #log: Log;
  #isGone = false;
  #stopTimer: (() => void) | undefined;

  constructor({ env, home, store, queue, board, log, retention }: UpkeepParts) {
    this.#env = env;
    this.#log = log;
    this.#isInPlace = fileInPlace(join(home, "flow.db"));
    this.#failed = (what) => (thrown) =>
      log("warn", `${what}.failed`, { ...toWireError(thrown) });
    this.#reserve = new DiskReserve(home);
    store.commit.whenFull(() => this.#reserve.free());
    this.#bridge = new ShellBridge({
      env,
      store,
      queue,
      board,
      home,
      onError: this.#failed("bridge"),
    });
    this.#retention = new Retention({
      store,
      env,
      home,
      settings: {
        keepMs: retention.keepDays * DAY_MS,
        keepTasks: retention.keepTasks,
        archiveMonths: retention.archiveMonths,
      },
      onError: this.#failed("retention"),
    });
  }

  /** Why nothing new is to be stored; null: it may be. */
  refusal(): BalancerError | null {
    if (this.#isGone) return storeGone();
    return this.#reserve.isSpent ? storageFull() : null;
  }

  start(): void {
    this.#look();
    // What scripts did while no server ran counts before their leases are looked at.
    void this.#bridge.sync().catch(this.#failed("bridge"));
    this.#bridge.start();
    this.#retention.start();
  }

  /** `isLast`: no other server is there to look after scripts. */
  async stop({ isLast }: { readonly isLast: boolean }): Promise<void> {
    this.#stopTimer?.();
    await this.#retention.stop();
    await this.#bridge.stop({ isLast }).catch(this.#failed("bridge"));
  }

  #look(): void {
    if (!this.#isGone && !this.#isInPlace()) {
      this.#isGone = true;
      this.#log("error", "store.removed", { message: storeGone().message });
    }
    if (!this.#isGone) this.#reserve.keep();
    this.#stopTimer = this.#env.timer(LOOK_EVERY_MS, () => this.#look());
  }
}

const storeGone = (): BalancerError =>
  new BalancerError(
    "STORAGE_FAILED",
    "the store of this server was removed or replaced while it ran: nothing it writes will be found again",
    { hint: "End this server and start it again; nothing was stored." },
  );

const storageFull = (): BalancerError =>
  new BalancerError(
    "STORAGE_FULL",
    "the disk is full: what room is left is kept for the results of accepted tasks",
    { hint: "Free at least 64 MiB; nothing was stored." },
  );
