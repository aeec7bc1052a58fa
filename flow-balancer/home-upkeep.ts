/**
 * What a server does for the home it lives in: keeps some of the disk back for results, moves what
 * ended long ago to the archive, and offers the board's work to scripts.
 */

import type { RetentionConfig } from "./config/shape.ts";
import { DiskReserve } from "./config/disk-reserve.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { ScriptBoard } from "./queue/shell-bridge-options.ts";
import { ShellBridge } from "./queue/shell-bridge.ts";
import type { Log } from "./stderr-log.ts";
import type { Store } from "./store/database.ts";
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
const RESERVE_EVERY_MS = 60_000;

export class HomeUpkeep {
  readonly #env: Env;
  readonly #reserve: DiskReserve;
  readonly #bridge: ShellBridge;
  readonly #retention: Retention;
  readonly #failed: (what: string) => (thrown: unknown) => void;
  #stopTimer: (() => void) | undefined;

  constructor({ env, home, store, queue, board, log, retention }: UpkeepParts) {
    this.#env = env;
    this.#failed = (what) => (thrown) =>
      log("warn", `${what}.failed`, { error: String(thrown) });
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

  /** The disk is full: what room there is belongs to what was accepted before. */
  get isFull(): boolean {
    return this.#reserve.isSpent;
  }

  start(): void {
    this.#keepReserve();
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

  #keepReserve(): void {
    this.#reserve.keep();
    this.#stopTimer = this.#env.timer(RESERVE_EVERY_MS, () =>
      this.#keepReserve(),
    );
  }
}
