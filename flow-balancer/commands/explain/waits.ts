/** What a queued task waits for, as far as the store tells: what its server's pool has in mind is in that server's memory. Pure. */

import { durationInWords } from "../../core/duration-in-words.ts";
import { count } from "../../core/figures.ts";
import { quoted } from "../../core/quoted.ts";
import type { QueueName } from "../../core/task.ts";

/** Where a queued task stands. */
export interface Waiting {
  readonly queue: QueueName;
  /** Who has it; null: nobody. */
  readonly holder: string | null;
  readonly cancelAsked: boolean;
  /** Tasks it comes after that have not ended. */
  readonly pending: number;
  /** Until it may begin, ms; null: it may, or it waits for its group. */
  readonly dueInMs: number | null;
  /** Of which only so many may be in hand, where it waits for a place among them. */
  readonly group: {
    readonly key: string;
    readonly limit: number;
    readonly held: number;
  } | null;
  /** Tasks of its holder that come before it. */
  readonly ahead: number;
  /** That run on this home. */
  readonly servers: number;
}

/** Ends "for ...", and says what to know beside. */
export function waitWords(it: Waiting): {
  readonly for: string;
  readonly note: string;
} {
  const { holder, servers } = it;
  if (it.cancelAsked)
    return {
      for: "whoever has it to see that it is to be cancelled",
      note: "It ends as soon as that is seen.",
    };
  if (it.pending > 0)
    return {
      for: `the ${it.pending === 1 ? "task" : `${it.pending} tasks`} it comes after`,
      note: "Once they have ended as it needs them to, it can be taken.",
    };
  if (it.dueInMs !== null)
    return {
      for: `its time: ${durationInWords(it.dueInMs)} to go`,
      note: "It was submitted with a delay, or rests after a failed attempt.",
    };
  if (it.group !== null)
    return {
      for: `a place in its group ${quoted(it.group.key)}`,
      note: `${it.group.held} of ${it.group.limit} are taken.`,
    };
  if (it.queue === "board")
    return {
      for: "an agent, a person or a script to claim it",
      note: "Nobody has it; 'flow-balancer tasks claim' takes it.",
    };
  if (holder !== null)
    return {
      for: "a worker",
      note: `${quoted(holder)} has it, and ${count(it.ahead, "task")} before it; should that die, another server takes it over.`,
    };
  return servers === 0
    ? {
        for: "a server",
        note: "None runs on this home: the next that starts takes it.",
      }
    : {
        for: "a worker",
        note: `Nobody has it: the next of ${count(servers, "server")} with room for it takes it.`,
      };
}

export const waitsJson = (it: Waiting): object => ({
  for: waitWords(it).for,
  pending: it.pending,
  due_in_ms: it.dueInMs,
  group: it.group,
  ahead: it.ahead,
  servers: it.servers,
});
