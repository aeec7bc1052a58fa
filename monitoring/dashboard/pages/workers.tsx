/** What each worker does now, and what a person may do to the pool. */

import type { VNode } from "preact";
import type { WorkersView } from "../../api/overview-views.ts";
import { TIERS } from "../../../flow-balancer/core/tier.ts";
import { getJson } from "../api.ts";
import { Empty, Loading } from "../components/empty.tsx";
import { ErrorNote } from "../components/error-note.tsx";
import { Page } from "../components/page.tsx";
import { TierControls } from "../components/tier-controls.tsx";
import { WorkerCard } from "../components/worker-card.tsx";
import { overview, workers } from "../live.ts";
import { useResource } from "../use-resource.ts";

const STATES = ["busy", "idle", "starting", "retiring"] as const;

export function WorkersPage(): VNode {
  const first = useResource<WorkersView>(() => getJson("workers"));
  const all = (workers.value ?? first.data)?.workers ?? null;
  // The dead are not shown: their place is taken by another.
  const alive = all?.filter(({ state }) => state !== "dead") ?? null;
  return (
    <Page
      title="Workers"
      note={
        alive !== null &&
        STATES.map(
          (state) =>
            [state, alive.filter((it) => it.state === state).length] as const,
        )
          .filter(([, n]) => n > 0)
          .map(([state, n]) => `${n} ${state}`)
          .join(", ")
      }
    >
      {overview.value !== null && <TierControls at={overview.value} />}
      {alive === null && first.error === null && <Loading lines={8} />}
      {alive === null && first.error !== null && (
        <ErrorNote error={first.error} retry={first.reload} />
      )}
      {alive?.length === 0 && (
        <Empty title="No worker runs">
          One starts when a task comes, or when the pool keeps spare ones.
        </Empty>
      )}
      {alive !== null && alive.length > 0 && (
        <ul class="worker-grid" data-testid="workers">
          {[...alive]
            .sort(
              (a, b) =>
                TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) ||
                b.age_ms - a.age_ms ||
                a.id.localeCompare(b.id),
            )
            .map((worker) => (
              <WorkerCard
                key={worker.id}
                worker={worker}
                canKill={overview.value?.read_only === false}
              />
            ))}
        </ul>
      )}
    </Page>
  );
}
