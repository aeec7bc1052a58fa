/** From families to the text Prometheus reads, written by prom-client. Loaded with the first scrape: it is not cheap. */

import { type Metric, Registry } from "prom-client";
import type { Distribution, Family } from "./metric.ts";

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Text exposition format 0.0.4. */
export async function expose(
  families: readonly Family[],
): Promise<MetricsText> {
  const registry = new Registry();
  for (const family of families)
    // The registry asks a metric for its name and its values, and for nothing else.
    registry.registerMetric(pulled(family) as unknown as Metric);
  return {
    contentType: registry.contentType,
    text: await registry.metrics(),
  };
}

const pulled = (family: Family) => {
  const { name, help, type } = family.metric;
  return {
    name,
    help,
    type,
    aggregator: "sum",
    get: async () => ({ name, help, type, values: valuesOf(family) }),
  };
};

const valuesOf = (family: Family) =>
  "values" in family
    ? family.values
    : family.distributions.flatMap((it) => lines(family.metric.name, it));

const lines = (
  name: string,
  { labels: sharedLabels, bounds, cumulative, sum }: Distribution,
) => {
  const count = cumulative.at(-1) ?? 0;
  return [
    ...bounds.map((le, at) => ({
      metricName: `${name}_bucket`,
      labels: { le },
      sharedLabels,
      value: cumulative[at] ?? 0,
    })),
    {
      metricName: `${name}_bucket`,
      labels: { le: "+Inf" },
      sharedLabels,
      value: count,
    },
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ];
};
