/**
 * Virtual time for a simulated machine: what is to happen, in order, and the clocks of its processes,
 * whose wall clocks are wrong. Nothing in it knows of queues.
 */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { BootMs, EpochMs, MonoMs } from "../../flow-balancer/core/time.ts";
import { SeededChance } from "./seeded-chance.ts";

interface Happening {
  readonly at: number;
  readonly what: string;
  readonly run: () => Promise<void>;
}

export class World {
  chance = new SeededChance(0);
  /** Ms since the machine started. */
  time = 0;
  happened = 0;
  readonly #toCome: Happening[] = [];
  #serial = 0;
  /** Null: nobody reads it. */
  trace: string[] | null = null;

  begin(seed: number, trace: string[] | null): void {
    this.chance = new SeededChance(seed);
    this.time = 0;
    this.happened = 0;
    this.#toCome.length = 0;
    this.#serial = 0;
    this.trace = trace;
  }

  unique = (): string => String(++this.#serial).padStart(6, "0");

  in(ms: number, what: string, run: () => Promise<void>): void {
    const at = this.time + Math.round(ms);
    let place = this.#toCome.length;
    // The next to happen is the last; of those of one moment, the first that was planned.
    while (place > 0 && (this.#toCome[place - 1]?.at ?? 0) <= at) place -= 1;
    this.#toCome.splice(place, 0, { at, what, run });
  }

  /** False: there is nothing to come. */
  async step(): Promise<boolean> {
    const next = this.#toCome.pop();
    if (next === undefined) return false;
    this.time = next.at;
    this.happened += 1;
    this.note(next.what);
    await next.run();
    return true;
  }

  note(what: string): void {
    this.trace?.push(`${this.time} ${what}`);
  }
}

/** The clocks of one process. */
export class WorldEnv implements Env {
  /** How far its wall clock is off, ms. */
  skewMs = 0;
  readonly bootId = "boot";
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  now = (): EpochMs =>
    (1_700_000_000_000 + this.#world.time + this.skewMs) as EpochMs;
  mono = (): MonoMs => this.#world.time as MonoMs;
  boot = (): BootMs => (5_000_000 + this.#world.time) as BootMs;
  unique = (): string => this.#world.unique();
  timer = (): (() => void) => {
    throw new Error("a queue sets no timers");
  };
}
