/** What is done to the servers while they work: kills of workers, of servers, of all at once, and stops that outlast the time after which a silent server counts as dead. */

import { descendants, kill } from "../support/processes.ts";
import type { SeededChance } from "../simulation/seeded-chance.ts";
import type { Terminal } from "./terminal.ts";

/** Of a hundred faults. */
const WORKERS = 45;
const SERVERS = 27;
const STOPS = 24;
const STOP_FIRST = WORKERS + SERVERS;

export interface FaultCounts {
  workers: number;
  servers: number;
  allAtOnce: number;
  stops: number;
}

export class Faults {
  readonly counts: FaultCounts = {
    workers: 0,
    servers: 0,
    allAtOnce: 0,
    stops: 0,
  };
  readonly #terminals: Terminal[];
  readonly #start: () => Promise<Terminal>;
  readonly #chance: SeededChance;
  readonly #stopMs: number;

  /** `terminals` is changed in place: what died is replaced by what `start` makes. A stop takes `stopMs` to twice that. */
  constructor(
    terminals: Terminal[],
    start: () => Promise<Terminal>,
    chance: SeededChance,
    stopMs: number,
  ) {
    this.#terminals = terminals;
    this.#start = start;
    this.#chance = chance;
    this.#stopMs = stopMs;
  }

  /** Processes killed so far. */
  get kills(): number {
    return this.counts.workers + this.counts.servers;
  }

  async next(): Promise<void> {
    // The first one is a stop: without a result that comes too late a run proves little.
    const at = this.counts.stops === 0 ? STOP_FIRST : this.#chance.below(100);
    if (at < WORKERS) this.#killWorker();
    else if (at < WORKERS + SERVERS) await this.#killServer();
    else if (at < WORKERS + SERVERS + STOPS) this.#stop();
    else {
      this.counts.allAtOnce++;
      await this.#killServers([...this.#terminals.keys()]);
    }
  }

  /** One is stopped, others take its work, and it has a moment to come late with it. */
  async stopForLong(): Promise<void> {
    this.heal();
    const terminal = this.#terminals[this.#index()];
    if (terminal === undefined || terminal.hasEnded) return;
    terminal.signal("SIGSTOP");
    this.counts.stops++;
    await Bun.sleep(2 * this.#stopMs);
    terminal.signal("SIGCONT");
    await Bun.sleep(this.#stopMs / 2);
  }

  /** Lets those that are stopped go on. */
  heal(): void {
    for (const terminal of this.#terminals)
      if (terminal.isStopped) terminal.signal("SIGCONT");
  }

  #killWorker(): void {
    const terminal = this.#terminals[this.#index()];
    if (terminal === undefined || terminal.hasEnded) return;
    const workers = descendants(terminal.pid).filter(({ command }) =>
      command.includes("child.ts"),
    );
    const worker = workers[this.#chance.below(workers.length)];
    if (worker === undefined) return;
    kill(worker.pid);
    this.counts.workers++;
  }

  /** Not one that is stopped: what it does when it goes on is to be seen. */
  async #killServer(): Promise<void> {
    const index = this.#index();
    if (this.#terminals[index]?.isStopped !== true)
      await this.#killServers([index]);
  }

  async #killServers(which: readonly number[]): Promise<void> {
    const dying = which.flatMap((index) => this.#terminals[index] ?? []);
    for (const terminal of dying) {
      terminal.signal("SIGKILL");
      this.counts.servers++;
    }
    await Promise.all(dying.map(({ process }) => process.exited));
    await Promise.all(
      which.map(async (index) => {
        this.#terminals[index] = await this.#start();
      }),
    );
  }

  /** One at a time is stopped, so that there is always somebody to take over. */
  #stop(): void {
    const terminal = this.#terminals[this.#index()];
    if (terminal === undefined || terminal.hasEnded) return;
    if (this.#terminals.some(({ isStopped }) => isStopped)) return;
    terminal.signal("SIGSTOP");
    this.counts.stops++;
    const ms = this.#stopMs * (1 + this.#chance.next());
    setTimeout(() => terminal.signal("SIGCONT"), ms);
  }

  #index(): number {
    return this.#chance.below(this.#terminals.length);
  }
}
