/** Whether one more worker is ready beside the one a task would take, or none is on its way to wait for. */

import type { WorkerSlot } from "./worker-slot.ts";

export function hasAnother({
  idle,
  all,
}: {
  readonly idle: ReadonlySet<WorkerSlot>;
  readonly all: ReadonlySet<WorkerSlot>;
}): boolean {
  if (idle.size > 1) return true;
  for (const { state } of all) if (state === "starting") return false;
  return true;
}
