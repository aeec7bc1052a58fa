/** The limit in force and the runs it was for, kind by kind, with a line where a policy changed. */

import type { VNode } from "preact";
import { useId, useMemo } from "preact/hooks";
import type { LearningView } from "../../api/shared-views.ts";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { TimeChart } from "../components/time-chart.tsx";
import { ChangeHistory } from "./change-history.tsx";
import { changeMarks, changesOf, kindChart } from "./learning-series.ts";

interface LearnedOverTimeProps {
  readonly learning: LearningView;
  /** Null: the first. */
  readonly kind: string | null;
  readonly onKind: (kind: string) => void;
}

export function LearnedOverTime(props: LearnedOverTimeProps): VNode {
  const { learning, kind, onKind } = props;
  const { over_time, changes } = learning;
  const chosen = over_time.find((it) => it.kind === kind) ?? over_time[0];
  if (chosen === undefined || chosen.points.length === 0)
    return (
      <Card title="Limit and runs">
        <Empty title="Nothing was learned yet">
          Start some tasks: each run is a point, and the limit follows them.
        </Empty>
      </Card>
    );
  const kinds = over_time.map((it) => it.kind);
  return (
    <Card
      title="Limit and runs"
      data-testid="learned-over-time"
      aside={<KindChoice kinds={kinds} chosen={chosen.kind} onKind={onKind} />}
    >
      <KindHistory
        key={chosen.kind}
        history={chosen}
        changes={changesOf(changes, chosen.kind, kinds)}
      />
    </Card>
  );
}

interface KindHistoryProps {
  readonly history: LearningView["over_time"][number];
  /** Those that concern it, the newest first. */
  readonly changes: LearningView["changes"];
}

function KindHistory({ history, changes }: KindHistoryProps): VNode {
  const { at, series } = useMemo(() => kindChart(history), [history]);
  const marks = useMemo(() => changeMarks(changes), [changes]);
  return (
    <>
      <TimeChart
        title={`Runs of ${history.kind} and their limit`}
        unit="ms"
        at={at}
        series={series}
        marks={marks}
        log
        height={300}
      />
      <p class="muted chart-note">
        Each run is a point; the limit is the one that was in force when it
        began. The scale is logarithmic. Dashed lines: a policy changed.
      </p>
      {changes.length > 0 && (
        <>
          <h3 class="history-title">Changes that concern it, the newest</h3>
          <ChangeHistory changes={changes} most={8} />
        </>
      )}
    </>
  );
}

interface KindChoiceProps {
  readonly kinds: readonly string[];
  readonly chosen: string;
  readonly onKind: (kind: string) => void;
}

function KindChoice({ kinds, chosen, onKind }: KindChoiceProps): VNode {
  const id = useId();
  return (
    <>
      <label for={id}>Kind</label>
      <select
        id={id}
        class="select"
        value={chosen}
        data-testid="learning-kind"
        onChange={(event) => onKind(event.currentTarget.value)}
      >
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
    </>
  );
}
