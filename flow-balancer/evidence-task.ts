/** Runs a command that is to prove something as a task like any other, so that what is believed can be looked up. */

import type { Dispatcher } from "./dispatcher.ts";

/** A test suite at most, ms. */
const TIMEOUT_MS = 600_000;

export async function checkByTask(
  dispatcher: Dispatcher,
  argv: readonly string[],
  cwd: string | null,
): Promise<{ readonly ok: boolean; readonly seen: string }> {
  const input = cwd === null ? { argv } : { argv, cwd };
  const { done } = await dispatcher.submit(
    {
      kind: "shell",
      inputJson: JSON.stringify(input),
      session: null,
      timeoutMs: TIMEOUT_MS,
      deadlineMs: null,
      priority: 0,
      idempotencyKey: null,
      after: [],
    },
    { terms: { awaited: true } },
  );
  const { id, state, result } = await done;
  const why =
    result !== null && "error" in result ? `: ${result.error.message}` : "";
  return { ok: state === "completed", seen: `task ${id} ${state}${why}` };
}
