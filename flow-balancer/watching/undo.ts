/** What takes an action back, as it is kept with it in the audit log. */

import { z } from "zod";
import { tierView } from "../../monitoring/api/overview-views.ts";
import { BalancerError } from "../core/errors.ts";
import type { AuditEntry } from "../store/audit-log.ts";
import type { Steered } from "./steer-tasks.ts";

const tierSetting = z.object({
  paused: z.boolean(),
  limit: z.int().nullable(),
});

const undoShape = z.discriminatedUnion("type", [
  /** Of tasks that were cancelled; with whether each had ended by then. */
  z.object({
    type: z.literal("redrive"),
    tasks: z.array(z.tuple([z.string(), z.boolean()])),
  }),
  /** Of tasks that were queued again. */
  z.object({ type: z.literal("cancel"), tasks: z.array(z.string()) }),
  /** Of a tier's controls, which end with their server. */
  z.object({
    type: z.literal("tier"),
    instance: z.string(),
    tier: tierView,
    before: tierSetting,
    after: tierSetting,
  }),
]);

export type Undo = z.infer<typeof undoShape>;

/** Null: nothing takes it back, or it was written by another version. */
export function undoOf({ undo }: Pick<AuditEntry, "undo">): Undo | null {
  const parsed = undoShape.safeParse(undo);
  return parsed.success ? parsed.data : null;
}

export const isSameSetting = (
  a: z.infer<typeof tierSetting>,
  b: z.infer<typeof tierSetting>,
): boolean => a.paused === b.paused && a.limit === b.limit;

export const cannotUndo = (seq: number, why: string): BalancerError =>
  new BalancerError(
    "ALREADY_FINISHED",
    `entry ${seq} cannot be undone: ${why}`,
    {
      hint: "The audit log says what was done since.",
    },
  );

/** Of tasks some may have changed since; throws ALREADY_FINISHED if all have. */
export function assertSomeLeft(seq: number, steered: Steered): Steered {
  const { done, failed } = steered;
  if (done.length > 0) return steered;
  const why = failed.length === 1 ? "its task has" : "all its tasks have";
  throw cannotUndo(seq, `${why} changed since`);
}
