/** Charges the deaths of workers to whoever is to blame, and forgives in time. */

import type { Env } from "../core/ports.ts";
import type { Crash, CrashGuard } from "./crash-guard.ts";
import { PlannedLook } from "./planned-look.ts";
import { TASK_LIMIT } from "./restart-intensity.ts";

export class CrashBlame {
  readonly #guard: CrashGuard;
  readonly #env: Env;
  readonly #forgiving: PlannedLook;

  constructor(guard: CrashGuard, env: Env) {
    this.#guard = guard;
    this.#env = env;
    this.#forgiving = new PlannedLook(
      env,
      () => TASK_LIMIT.withinMs,
      () => !guard.forgive(env.mono()),
    );
  }

  workerDied(crash: Crash): void {
    this.#guard.workerDied(crash, this.#env.mono());
    if (!this.#guard.isQuiet) this.#forgiving.plan();
  }
}
