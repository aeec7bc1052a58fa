/** What the server learned, in three views: over time, as a history of changes, and by how well it foretells. */

import type { VNode } from "preact";
import type { LearningView } from "../../api/shared-views.ts";
import { getJson } from "../api.ts";
import { Loaded } from "../components/loaded.tsx";
import { Page } from "../components/page.tsx";
import { Tabs } from "../components/tabs.tsx";
import { navigate, route } from "../router.ts";
import { usePulse } from "../use-pulse.ts";
import { useResource } from "../use-resource.ts";
import { LearnedOverTime } from "./learned-over-time.tsx";
import { PolicyChanges } from "./policy-changes.tsx";
import { Predictions } from "./predictions.tsx";
import "./learning.css";

export function LearningPage(): VNode {
  const pulse = usePulse({ everyMs: 30_000 });
  const fetched = useResource(() => getJson<LearningView>("learning"), {
    on: pulse,
  });
  return (
    <Page
      title="Learning"
      note="Limits, warm workers and predictions, as they follow what runs show."
    >
      <Loaded of={fetched}>
        {(learning) => <Views learning={learning} />}
      </Loaded>
    </Page>
  );
}

const VIEWS = ["time", "changes", "predictions"] as const;

function Views({ learning }: { readonly learning: LearningView }): VNode {
  const { query } = route.value;
  const open = VIEWS.find((view) => view === query.get("view")) ?? "time";
  const go = (name: string, value: string): void => {
    const next = new URLSearchParams(route.value.query);
    next.set(name, value);
    navigate(`/ui/learning?${next}`, { replace: true });
  };
  return (
    <Tabs
      label="Views of what was learned"
      open={open}
      onOpen={(view) => go("view", view)}
      tabs={[
        { key: "time", label: "Over time" },
        {
          key: "changes",
          label: "Policy changes",
          count: learning.changes.length,
        },
        { key: "predictions", label: "Predictions" },
      ]}
    >
      {open === "time" && (
        <LearnedOverTime
          learning={learning}
          kind={query.get("kind")}
          onKind={(kind) => go("kind", kind)}
        />
      )}
      {open === "changes" && <PolicyChanges learning={learning} />}
      {open === "predictions" && <Predictions learning={learning} />}
    </Tabs>
  );
}
