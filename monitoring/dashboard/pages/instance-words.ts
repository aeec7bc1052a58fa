/** What an instance's figures mean. No browser needed. */

import type { InstanceView } from "../../api/overview-views.ts";

const ENDS: Readonly<Record<string, string>> = {
  stopped: "as it was asked to",
  died: "without a word; its tasks went back to the queue",
};

/** A word that is new here says it alone. */
export const endWords = (end: string | null): string => ENDS[end ?? ""] ?? "";

/** 0..1 of the workers it would have if it were alone; null: it may have none. */
export const slotShare = ({
  share,
  max_workers,
}: Pick<InstanceView, "share" | "max_workers">): number | null =>
  max_workers > 0 ? share / max_workers : null;

/** Heartbeats come every few seconds; after a minute the others give an instance up (`dead_after_ms`). */
const LATE_MS = 10_000;
const VERY_LATE_MS = 30_000;

/** A class for the text. */
export function heartbeatTone(agoMs: number): "bad-text" | "warn-text" | "" {
  if (agoMs >= VERY_LATE_MS) return "bad-text";
  return agoMs >= LATE_MS ? "warn-text" : "";
}
