/** The trace of the call that runs now: set where a call comes in, read where it makes tasks, however far down that is. */

import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceCarrier } from "./core/trace-context.ts";

const current = new AsyncLocalStorage<TraceCarrier>();

/** What `work` does, and what it starts, belongs to the trace. */
export const inTrace = <T>(trace: TraceCarrier, work: () => T): T =>
  current.run(trace, work);

/** Null: nobody who called said of any. */
export const currentTrace = (): TraceCarrier | null =>
  current.getStore() ?? null;
