/**
 * A kind over a list of its inputs, one after another in one task: for inputs so short that handing each
 * of them to a worker would take longer than their work. An item that fails fails alone.
 */

import type { ItemResult, ListValue } from "../../core/chunking.ts";
import { BalancerError } from "../../core/errors.ts";
import { encodeResult } from "../encode-result.ts";
import type { JobContext, KindOutcome, LoadedKind } from "./loaded-kind.ts";
import { thrownError } from "./thrown-error.ts";

/** So long at most nobody hears whether the task is to stop, or how far it is, ms: between items, since theirs is their own time. */
const TURN_MS = 20;

export const eachOf = (kind: LoadedKind): LoadedKind => ({
  description: { description: null, inputSchema: null },
  async run(input, job) {
    if (!Array.isArray(input))
      throw new BalancerError(
        "INVALID_INPUT",
        `the input of a task over a list must be the list, got ${input === null ? "null" : typeof input}`,
      );
    return { ok: true, value: await runEach(kind, input, job) };
  },
});

async function runEach(
  kind: LoadedKind,
  inputs: readonly unknown[],
  job: JobContext,
): Promise<ListValue> {
  const own = { ...job, task: contextOfItem(job.task) };
  const results: ItemResult[] = [];
  let workMs = 0;
  let turnedAt = performance.now();
  for (const input of inputs) {
    const from = performance.now();
    const outcome = await outcomeOf(kind, input, own);
    const now = performance.now();
    workMs += now - from;
    results.push(encoded(outcome, job.settings.maxResultBytes));
    job.task.progress(results.length, inputs.length);
    if (now - turnedAt < TURN_MS) continue;
    await turn();
    if (job.task.signal.aborted) break;
    turnedAt = performance.now();
  }
  return { workMs, results };
}

/** How far an item is says nothing of the list; that it lives does. */
const contextOfItem = (task: JobContext["task"]): JobContext["task"] =>
  Object.create(task, { progress: { value: () => task.heartbeat() } });

async function outcomeOf(
  kind: LoadedKind,
  input: unknown,
  job: JobContext,
): Promise<KindOutcome> {
  try {
    // Without waiting where there is nothing to wait for.
    const outcome = kind.run(input, job);
    return outcome instanceof Promise ? await outcome : outcome;
  } catch (thrown) {
    return { ok: false, error: thrownError(thrown) };
  }
}

function encoded(outcome: KindOutcome, maxBytes: number): ItemResult {
  const error = outcome.ok ? null : outcome.error;
  if (error !== null && outcome.value === undefined) return { error };
  const kept = encodeResult(outcome.value, maxBytes);
  if (kept.status === "completed")
    return error === null
      ? { value: kept.valueJson }
      : { error, value: kept.valueJson };
  return { error: error ?? kept.error };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));
