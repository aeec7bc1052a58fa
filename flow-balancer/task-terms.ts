/** The terms a task is queued under: what its submitter asked for, what its kind allows, and who holds it. */

import type { TermsAsked } from "./core/engine.ts";
import type { HolderId } from "./core/ids.ts";
import { PLAIN_TERMS, type Terms } from "./core/queue.ts";
import type { TaskRequest } from "./core/task.ts";

export function termsFor(
  { idempotencyKey }: TaskRequest,
  asked: TermsAsked | undefined,
  runsOnce: boolean,
  holder: HolderId,
): Terms {
  return {
    queue: "pool",
    holder,
    runsOnce,
    delayMs: asked?.delayMs ?? PLAIN_TERMS.delayMs,
    maxAttempts: asked?.maxAttempts ?? PLAIN_TERMS.maxAttempts,
    backoffMs: asked?.backoffMs ?? PLAIN_TERMS.backoffMs,
    group: asked?.group ?? PLAIN_TERMS.group,
    // With a key, whoever asks again finds it.
    awaited: asked?.awaited === true && idempotencyKey === null,
  };
}
