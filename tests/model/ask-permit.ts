/** Whoever says whether a task may start, when it likes. */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { ModelTask } from "./model-task.ts";
import type { Permit } from "./pool-commands.ts";

export async function askPermit(
  it: ModelTask,
  { answer, afterMs }: Permit,
  clock: Env,
): Promise<boolean> {
  it.asking++;
  it.isAllowed = false;
  if (afterMs > 0)
    await new Promise<void>((resolve) => clock.timer(afterMs, resolve));
  it.asking--;
  it.isAllowed = answer === "yes";
  it.wasDenied ||= answer !== "yes";
  if (answer === "broken") throw new Error("the disk is broken");
  return it.isAllowed;
}
