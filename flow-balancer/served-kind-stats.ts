/** What is known of the run times of a kind that only experts do: each as a task of another kind, whose times are learned under that one's name. */

import type { TimeoutStats } from "./core/engine.ts";
import { summarise } from "./core/stats.ts";
import type { KindInfo } from "./core/task.ts";

/** The limit is the longest of those of the kinds its experts run as. */
export const servedKindStats = ({
  kind,
  description,
  timeoutMs,
}: KindInfo): TimeoutStats => ({
  kind,
  runMs: summarise([]),
  timeoutMs,
  isConfigured: false,
  learned: null,
  said: [
    `${description} Its runs count as runs of the kinds they run as: ask for those.`,
  ],
});
