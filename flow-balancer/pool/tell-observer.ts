/** Passes on what a worker says of a job that runs: each a sign that it lives. */

import type { MonoMs } from "../core/time.ts";
import type { Job } from "./job.ts";
import type { JobMessage } from "./worker-channel.ts";

export function tellObserver(
  job: Job,
  message: Exclude<
    JobMessage,
    { type: "bound" | "loaded" | "described" | "state" }
  >,
  now: MonoMs,
): void {
  if (message.type !== "output" || !message.stray) job.gaveSign(now);
  const { observer } = job;
  switch (message.type) {
    case "progress":
      observer.progress?.(message.done, message.total, message.message);
      return;
    case "output":
      observer.output?.(message.text, message.bytes);
      return;
    case "log":
      observer.log?.(message.message);
      return;
    case "heartbeat":
      return;
  }
}
