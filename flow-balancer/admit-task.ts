/** What a task must not be, whatever its kind: too long an input, or one too many. */

import { BalancerError } from "./core/errors.ts";
import type { TaskRequest } from "./core/task.ts";

/** Throws PAYLOAD_TOO_LARGE. */
export function assertFits(
  { inputJson }: TaskRequest,
  maxInputBytes: number,
): void {
  // No character has more than three bytes for each of its UTF-16 units: most inputs need not be counted.
  if (inputJson.length * 3 <= maxInputBytes) return;
  const bytes = Buffer.byteLength(inputJson);
  if (bytes > maxInputBytes)
    throw new BalancerError(
      "PAYLOAD_TOO_LARGE",
      `the input is ${bytes} bytes, the limit is ${maxInputBytes}`,
      { hint: "Pass the path of a file instead." },
    );
}

/** Throws QUEUE_FULL. */
export function assertRoom(open: number, maxOpen: number): void {
  if (open >= maxOpen)
    throw new BalancerError(
      "QUEUE_FULL",
      `${open} tasks are waiting or running, the limit is ${maxOpen}`,
      { hint: "Wait for some of them, or raise pool.max_waiting." },
    );
}

export const storageFull = (): BalancerError =>
  new BalancerError(
    "STORAGE_FULL",
    "the disk is full: what room is left is kept for the results of accepted tasks",
    { hint: "Free at least 64 MiB; nothing was submitted." },
  );
