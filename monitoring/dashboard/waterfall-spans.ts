/** A task's tries laid out in time: when each waited, started and ran. Pure; epoch ms. */

import type { AttemptView, TaskDetailView } from "../api/task-views.ts";

type Clock = "wait" | "start" | "run";

interface Span {
  readonly clock: Clock;
  readonly from: number;
  readonly to: number;
  /** Goes on. */
  readonly open: boolean;
}

export interface AttemptSpans {
  /** Counts on where a task that was queued again by hand begins anew. */
  readonly attempt: number;
  /** Left out: it was not begun yet. */
  readonly view?: AttemptView;
  readonly spans: readonly Span[];
}

export interface Waterfall {
  readonly from: number;
  readonly to: number;
  readonly attempts: readonly AttemptSpans[];
}

/**
 * The last try is laid out by its three clocks from the moment a worker took it: what follows them is the
 * time until its end was stored, as while its worker is ended. An earlier one is laid out backwards from
 * its end; one that goes on runs from the end of the one before (or the submission) until `now`.
 */
export function waterfallSpans(
  { task, attempts }: TaskDetailView,
  now: number,
): Waterfall {
  let before = task.submitted_at;
  const laid = attempts.map((view, index): AttemptSpans => {
    const isLast = index === attempts.length - 1;
    const spans =
      view.ended_at === null
        ? goingOn(view, task, before, now)
        : ended(view, view.ended_at, task, isLast);
    before = view.ended_at ?? before;
    return { attempt: (attempts[0]?.attempt ?? 1) + index, view, spans };
  });
  const all =
    laid.length > 0 || task.settled_at !== null
      ? laid
      : [{ attempt: 1, spans: open([["wait", task.submitted_at]], now) }];
  const ends = all.flatMap(({ spans }) => spans.map(({ to }) => to));
  return {
    from: task.submitted_at,
    to: Math.max(task.submitted_at + 1, task.settled_at ?? 0, ...ends),
    attempts: all,
  };
}

const CLOCKS: readonly Clock[] = ["wait", "start", "run"];

/** `bounds`: begin of wait, of start, of run, and the end. */
function spansOf(bounds: readonly number[]): Span[] {
  return CLOCKS.flatMap((clock, i): Span[] => {
    const from = bounds[i] ?? 0;
    const to = bounds[i + 1] ?? from;
    return to > from ? [{ clock, from, to, open: false }] : [];
  });
}

type Task = TaskDetailView["task"];

function ended(
  { wait_ms, start_ms, run_ms }: AttemptView,
  end: number,
  { started_at, submitted_at }: Task,
  isLast: boolean,
): Span[] {
  const [wait, start, run] = [wait_ms ?? 0, start_ms ?? 0, run_ms ?? 0];
  const placed = Math.min(
    (isLast ? started_at : null) ?? Infinity,
    end - run - start,
  );
  const bounds = [placed - wait, placed, placed + start, placed + start + run];
  // Nothing happens before it was submitted, whatever clocks say.
  return spansOf(bounds.map((at) => Math.max(submitted_at, at)));
}

function goingOn(
  { wait_ms, start_ms }: AttemptView,
  { state, started_at }: Task,
  before: number,
  now: number,
): Span[] {
  if (wait_ms === null && state === "queued")
    return open([["wait", before]], now);
  const placed = started_at ?? before + (wait_ms ?? 0);
  return open(
    [
      ["wait", before],
      ["start", placed],
      ["run", placed + (start_ms ?? 0)],
    ],
    now,
  );
}

const open = (
  begins: readonly (readonly [Clock, number])[],
  now: number,
): Span[] =>
  begins.flatMap(([clock, from], i): Span[] => {
    const next = begins[i + 1]?.[1];
    const to = Math.max(from, next ?? now);
    return to > from || next === undefined
      ? [{ clock, from, to, open: next === undefined }]
      : [];
  });
