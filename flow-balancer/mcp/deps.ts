/** What the product's half of this room is built on. */

import type { Engine } from "../core/engine.ts";
import type { Env } from "../core/ports.ts";
import type { TraceCarrier } from "../core/trace-context.ts";

export interface Deps {
  /** The engine starts with the first use, so that listing tools waits for nothing. */
  engine(): Promise<Engine>;
  /** Resolves once the engine has started; waiting for it starts nothing. */
  readonly started: Promise<Engine>;
  readonly env: Env;
  /** Does `work`, and what it starts, as part of a trace; left out: traces end here. */
  readonly inTrace?: <T>(trace: TraceCarrier, work: () => T) => T;
}
