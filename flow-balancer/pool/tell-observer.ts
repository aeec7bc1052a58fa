/** Passes on what a worker says of a job that runs. */

import type { PoolObserver } from "./pool-task.ts";
import type { JobMessage } from "./worker-channel.ts";

export function tellObserver(
  observer: PoolObserver,
  message: Exclude<
    JobMessage,
    { type: "bound" | "loaded" | "described" | "state" }
  >,
): void {
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
