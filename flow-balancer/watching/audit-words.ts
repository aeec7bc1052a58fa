/** What entries of the audit log say: the name of an action and one line for a person. */

import type { TaskId } from "../core/ids.ts";
import type { TierChange } from "../../monitoring/api/shared-views.ts";
import type { JsonValue } from "../core/json.ts";
import type { Steered } from "./steer-tasks.ts";

/** By what is asked for, if that is one thing. */
export function tierAction({ paused, drain, limit }: TierChange): string {
  const asked = [paused, drain, limit].filter((it) => it !== undefined);
  if (asked.length > 1) return "tier.changed";
  if (drain !== undefined) return "tier.drained";
  if (limit !== undefined) return "tier.resized";
  return paused === true ? "tier.paused" : "tier.resumed";
}

/** `leaving`: workers that are to end. */
export function tierSummary(
  { paused, drain, limit }: Omit<TierChange, "tier">,
  leaving: number,
): string {
  const parts: string[] = [];
  if (paused !== undefined) parts.push(paused ? "paused" : "not paused");
  if (limit !== undefined)
    parts.push(limit === null ? "no limit" : `at most ${limit} workers`);
  if (drain === true)
    parts.push(
      `${leaving} ${leaving === 1 ? "worker ends" : "workers end"} after what they run`,
    );
  return parts.join(", ");
}

/** `2 tasks; not 1: ALREADY_FINISHED 1`. */
export function taskSummary({ done, failed }: Steered): string {
  const codes = Object.entries(codesOf(failed)).map(
    ([code, n]) => `${code} ${n}`,
  );
  const tasks = `${done.length} ${done.length === 1 ? "task" : "tasks"}`;
  return failed.length === 0
    ? tasks
    : `${tasks}; not ${failed.length}: ${codes.join(", ")}`;
}

/** The ids, and the reasons of those it was not done to. */
export const taskDetail = ({
  done,
  failed,
}: Steered): { readonly [key: string]: JsonValue } => ({
  tasks: done.map(({ id }) => id),
  ...(failed.length > 0 && {
    failed: Object.fromEntries(failed.map((it) => [it.task_id, it.code])),
  }),
});

function codesOf(failed: Steered["failed"]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of failed) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** `cold`: where the one that takes its place would begin. */
export function killSummary(
  tasks: readonly TaskId[],
  {
    paused,
    limit,
  }: { readonly paused: boolean; readonly limit: number | null },
): string {
  const ran =
    tasks.length === 0 ? "it ran nothing" : `it ran ${tasks.join(", ")}`;
  const isShut = paused || limit === 0;
  return isShut
    ? `${ran}; none takes its place while the cold tier ${paused ? "is paused" : "may have none"}`
    : `${ran}; another takes its place`;
}
