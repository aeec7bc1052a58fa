/** What each part of the server says of itself, with its figures; the worst first. */

import type { VNode } from "preact";
import type { HealthView, ProbeView } from "../../api/overview-views.ts";
import { getJson } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Loaded } from "../components/loaded.tsx";
import { Ago } from "../components/time.tsx";
import { usePulse } from "../use-pulse.ts";
import { useResource } from "../use-resource.ts";
import { byStatus, probeFigure } from "./alert-order.ts";
import "./health-probes.css";

export function HealthProbes(): VNode {
  const pulse = usePulse({ everyMs: 2000 });
  const fetched = useResource(() => getJson<HealthView>("health"), {
    on: pulse,
  });
  return (
    <Card
      title="Health"
      aside={
        fetched.data !== null && (
          <>
            <Badge of={fetched.data.status} />
            <span>
              looked at <Ago at={fetched.data.at} />
            </span>
          </>
        )
      }
      data-testid="health"
    >
      <Loaded of={fetched}>
        {({ probes }) => (
          <ul class="probes">
            {byStatus(probes).map((probe) => (
              <Probe key={probe.name} probe={probe} />
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function Probe({ probe }: { readonly probe: ProbeView }): VNode {
  const { name, status, detail, figures } = probe;
  return (
    <li class="probe" data-testid={`probe-${name}`} data-status={status}>
      <h3 class="probe-name">
        {name.replaceAll("_", " ")} <Badge of={status} />
      </h3>
      <p>{detail}</p>
      <dl class="probe-figures">
        {Object.entries(figures).map(([key, value]) => (
          <Figure key={key} {...probeFigure(key, value)} />
        ))}
      </dl>
    </li>
  );
}

const Figure = ({ name, value }: ReturnType<typeof probeFigure>): VNode => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);
