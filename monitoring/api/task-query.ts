/** A task filter as a URL has it: `?state=failed,timed_out&kind=shell&since=1h&limit=50`. */

import { z } from "zod";
import { TASK_STATES, type TaskState } from "../../flow-balancer/core/task.ts";
import { type TaskFilter, taskFilterView } from "./task-views.ts";

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

const statesOf = (text: string): string[] =>
  text.split(",").filter((it) => it !== "");

const isState = (text: string): text is TaskState =>
  TASK_STATES.some((it) => it === text);

/** Of what was given, repeated at most. */
const SHOWN_CHARS = 40;

function stateProblem(text: unknown): string {
  const wrong = statesOf(String(text)).find((it) => !isState(it)) ?? "";
  return `'${wrong.slice(0, SHOWN_CHARS)}' is no state of a task; those are ${TASK_STATES.join(", ")}`;
}

export const taskQuery = z.strictObject({
  state: z
    .string()
    .refine((text) => statesOf(text).every(isState), {
      error: ({ input }) => stateProblem(input),
    })
    .optional()
    .meta({
      description: `With commas between them; of ${TASK_STATES.join(", ")}`,
    }),
  kind: taskFilterView.shape.kind,
  session: taskFilterView.shape.session,
  worker: taskFilterView.shape.worker,
  since: z
    .string()
    .regex(
      /^(?:\d{1,15}|\d{1,6}[smhd])$/,
      "must be epoch ms, or as 30m, 1h, 7d",
    )
    .optional()
    .meta({
      description: "Submitted then or later: epoch ms, or 1h for an hour ago",
    }),
  text: taskFilterView.shape.text,
  // An empty one is no number, least of all 0: there is nothing before that.
  before: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: "`next` of the page before" }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: "At most so many, 100 unless told" }),
});

/** `now`: epoch ms. */
export function taskFilter(
  { state, since, limit = 100, ...rest }: z.output<typeof taskQuery>,
  now: number,
): TaskFilter {
  const states = statesOf(state ?? "").filter(isState);
  return {
    ...rest,
    limit,
    ...(states.length > 0 && { state: states }),
    ...(since !== undefined && { since: sinceOf(since, now) }),
  };
}

function sinceOf(text: string, now: number): number {
  const unit = text.at(-1) as keyof typeof SECONDS;
  return Object.hasOwn(SECONDS, unit)
    ? now - Number(text.slice(0, -1)) * SECONDS[unit] * 1_000
    : Number(text);
}
