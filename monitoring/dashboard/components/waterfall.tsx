/** A task's tries as bars over time: waiting, starting, running. */

import type { VNode } from "preact";
import type { TaskDetailView } from "../../api/task-views.ts";
import { now } from "../clock.ts";
import { duration } from "../format.ts";
import {
  type AttemptSpans,
  type Waterfall,
  waterfallSpans,
} from "../waterfall-spans.ts";
import { Badge } from "./badge.tsx";
import { Card } from "./card.tsx";

/** From the end of a run until it was stored: shorter than that is nobody's question. */
const LONG_AFTER_MS = 50;

export function WaterfallCard({
  detail,
}: {
  readonly detail: TaskDetailView;
}): VNode {
  const isOpen = detail.task.settled_at === null;
  const laid = waterfallSpans(
    detail,
    isOpen ? now.value : (detail.task.settled_at ?? 0),
  );
  return (
    <Card
      title="Time"
      aside={
        <>
          <span class="legend" data-clock="wait">
            wait
          </span>
          <span class="legend" data-clock="start">
            start
          </span>
          <span class="legend" data-clock="run">
            run
          </span>
        </>
      }
      data-testid="waterfall"
    >
      <ol class="waterfall">
        {laid.attempts.map((one) => (
          <Attempt
            key={one.attempt}
            laid={laid}
            one={one}
            said={detail.error?.message ?? null}
          />
        ))}
      </ol>
      <div class="waterfall-axis muted" aria-hidden="true">
        <span>0</span>
        <span>{duration((laid.to - laid.from) / 2)}</span>
        <span>{duration(laid.to - laid.from)}</span>
      </div>
    </Card>
  );
}

interface AttemptProps {
  readonly laid: Waterfall;
  readonly one: AttemptSpans;
  /** An error that stands on the page already. */
  readonly said: string | null;
}

function Attempt({ laid, one, said }: AttemptProps): VNode {
  const { view } = one;
  const whole = laid.to - laid.from;
  const share = (ms: number): string => `${(ms / whole) * 100}%`;
  const where = [view?.tier, view?.worker, view?.holder]
    .filter((it) => typeof it === "string")
    .join(" · ");
  const {
    error = null,
    timeout_ms: limit = null,
    ended_at = null,
  } = view ?? {};
  const after =
    ended_at === null ? 0 : ended_at - (one.spans.at(-1)?.to ?? ended_at);
  return (
    <li>
      <div class="attempt-head">
        <strong>Try {one.attempt}</strong>
        <Badge of={view?.state ?? "queued"} />
        {where !== "" && <span class="muted">{where}</span>}
        <span class="attempt-times muted">
          {one.spans
            .map(
              ({ clock, from, to, open }) =>
                `${clock} ${duration(to - from)}${open ? " so far" : ""}`,
            )
            .join(", ")}
          {after >= LONG_AFTER_MS && `, stored ${duration(after)} later`}
          {limit !== null && `, limit ${duration(limit)}`}
        </span>
      </div>
      <div class="attempt-bar" aria-hidden="true">
        {one.spans.map(({ clock, from, to, open }) => (
          <span
            key={clock}
            data-clock={clock}
            data-open={open}
            title={`${clock} ${duration(to - from)}`}
            style={{ left: share(from - laid.from), width: share(to - from) }}
          />
        ))}
      </div>
      {error !== null && error.message !== said && (
        <div class="attempt-error">
          <span class="mono">{error.code}</span> {error.message}
          {error.hint !== null && <p class="muted">{error.hint}</p>}
        </div>
      )}
    </li>
  );
}
