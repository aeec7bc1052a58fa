/** How far what was foretold of a task's three clocks was from what came. */

import type { VNode } from "preact";
import type { LearningView } from "../../api/shared-views.ts";
import { Bar } from "../components/bar.tsx";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { count, percent, UNKNOWN } from "../format.ts";
import { errorFactor } from "./learning-series.ts";

const CLOCK_WORDS = {
  wait: "from submission to a worker",
  start: "from a worker to the first line",
  run: "from the first line to the end",
} as const;

export function Predictions({
  learning,
}: {
  readonly learning: LearningView;
}): VNode {
  const known = learning.predictions.filter(({ n }) => n > 0);
  if (known.length === 0)
    return (
      <Card title="Predictions against actual">
        <Empty title="Nothing has been foretold yet">
          A task's wait, start and run are foretold when it is placed, and
          compared when it ends.
        </Empty>
      </Card>
    );
  return (
    <div class="grid" data-testid="predictions">
      {learning.predictions.map((prediction) => {
        const { clock, n, share_within_2x: near } = prediction;
        const factor = errorFactor(prediction);
        return (
          <Card
            key={clock}
            title={`${clock.charAt(0).toUpperCase()}${clock.slice(1)}`}
            aside={CLOCK_WORDS[clock]}
            data-testid={`prediction-${clock}`}
          >
            <p class="figure">
              {factor === null ? UNKNOWN : `within ${factor.toFixed(2)}×`}
              <span class="muted"> in half of the cases</span>
            </p>
            <Bar
              share={near}
              label={`${clock}: share of predictions within a factor of 2`}
              tone={toneOf(near)}
              text={`${percent(near)} within 2×`}
            />
            <p class="muted chart-note">
              {count(n)} foretold so far; both shares are of the newest. A
              factor of 1 would be exact.
            </p>
          </Card>
        );
      })}
    </div>
  );
}

function toneOf(share: number | null): "plain" | "good" | "warn" {
  if (share === null) return "plain";
  return share >= 0.8 ? "good" : "warn";
}
