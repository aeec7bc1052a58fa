/** The terms a task is queued under: what its submitter asked for, what its kind allows, and who holds it. */

import type { TermsAsked } from "./core/engine.ts";
import { BalancerError } from "./core/errors.ts";
import type { HolderId } from "./core/ids.ts";
import { PLAIN_TERMS, type Terms } from "./core/queue.ts";
import type { TaskRequest } from "./core/task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";

/** Throws INVALID_ARGUMENT for more than one attempt at what must not be done twice. */
export function termsFor(
  { idempotencyKey }: TaskRequest,
  asked: TermsAsked | undefined,
  {
    pool,
    runsOnce,
  }: Pick<ReturnType<KindRegistry["get"]>, "pool" | "runsOnce">,
  holder: HolderId,
): Terms {
  const maxAttempts = asked?.maxAttempts ?? PLAIN_TERMS.maxAttempts;
  if (maxAttempts > 1 && pool.effects === "once")
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `/max_attempts: must be 1 for ${pool.name}, whose effects are 'once': it is never tried again, got ${maxAttempts}`,
    );
  return {
    queue: "pool",
    holder,
    runsOnce,
    delayMs: asked?.delayMs ?? PLAIN_TERMS.delayMs,
    maxAttempts,
    backoffMs: asked?.backoffMs ?? PLAIN_TERMS.backoffMs,
    group: asked?.group ?? PLAIN_TERMS.group,
    // With a key, whoever asks again finds it.
    awaited: asked?.awaited === true && idempotencyKey === null,
  };
}
