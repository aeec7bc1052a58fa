/** One tab a state with its live count; a press shows those alone. */

import type { VNode } from "preact";
import { TASK_STATES } from "../../../flow-balancer/core/task.ts";
import { count } from "../format.ts";
import { overview } from "../live.ts";
import { Link } from "../router.ts";
import { hrefOf, type TaskQuery } from "../task-query.ts";
import { toneOf } from "./badge.tsx";

/** Without any they only take room. */
const RARE = new Set(["unknown_outcome", "poisoned", "timed_out"]);

export function StateTabs({ query }: { readonly query: TaskQuery }): VNode {
  const counts = overview.value?.tasks ?? null;
  const all =
    counts === null
      ? null
      : TASK_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return (
    <nav class="tabs" aria-label="States" data-testid="state-tabs">
      <Link
        href={hrefOf({ ...query, state: [] })}
        current={query.state.length === 0}
        data-testid="tab-all"
      >
        all <span class="muted">{count(all)}</span>
      </Link>
      {TASK_STATES.filter(
        (state) =>
          !RARE.has(state) ||
          (counts?.[state] ?? 0) > 0 ||
          query.state.includes(state),
      ).map((state) => (
        <Link
          key={state}
          href={hrefOf({ ...query, state: [state] })}
          current={query.state.includes(state)}
          data-testid={`tab-${state}`}
        >
          <span class="dot" data-tone={toneOf(state)} />
          {state.replaceAll("_", " ")}{" "}
          <span class="muted">
            {count(counts?.[state] ?? (counts === null ? null : 0))}
          </span>
        </Link>
      ))}
    </nav>
  );
}
