/** Whether a task is taken on at all, before anything is recorded. */

import { BalancerError } from "./core/errors.ts";
import type { EventSink } from "./core/events.ts";
import type { TaskRequest } from "./core/task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";

interface AdmissionLimits {
  readonly kinds: KindRegistry;
  readonly maxOpen: number;
  readonly maxInputBytes: number;
  readonly refusal: () => BalancerError | null;
  /** Hears of refusals. */
  readonly events?: EventSink | undefined;
}

/** `open`: tasks that have not ended. Throws SHUTTING_DOWN, UNKNOWN_KIND, STORAGE_*, PAYLOAD_TOO_LARGE or QUEUE_FULL. */
export function admitTask(
  request: TaskRequest,
  open: number,
  isClosing: boolean,
  limits: AdmissionLimits,
): void {
  try {
    assertAdmitted(request, open, isClosing, limits);
  } catch (thrown) {
    const code = thrown instanceof BalancerError ? thrown.code : "INTERNAL";
    limits.events?.({ type: "task.refused", code });
    throw thrown;
  }
}

function assertAdmitted(
  request: TaskRequest,
  open: number,
  isClosing: boolean,
  { kinds, maxOpen, maxInputBytes, refusal }: AdmissionLimits,
): void {
  if (isClosing)
    throw new BalancerError("SHUTTING_DOWN", "the server is shutting down", {
      hint: "Submit again once it is back.",
    });
  kinds.get(request.kind);
  const refused = refusal();
  if (refused !== null) throw refused;
  assertFits(request, maxInputBytes);
  assertRoom(open, maxOpen);
}

/** Throws PAYLOAD_TOO_LARGE. */
function assertFits({ inputJson }: TaskRequest, maxInputBytes: number): void {
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
function assertRoom(open: number, maxOpen: number): void {
  if (open >= maxOpen)
    throw new BalancerError(
      "QUEUE_FULL",
      `${open} tasks are waiting or running, the limit is ${maxOpen}`,
      { hint: "Wait for some of them, or raise pool.max_waiting." },
    );
}
