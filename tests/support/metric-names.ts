/** The metrics that a query of Prometheus asks for, recorded ones (with colons) among them. */
export const metricNamesIn = (expr: string): string[] =>
  expr.match(/\bflow_balancer[a-z0-9_:]+|\bup\b/g) ?? [];

/** What a scrape may have: the families, and the parts of the histograms among them. */
export function seriesNames(
  families: readonly {
    readonly metric: { readonly name: string; readonly type: string };
  }[],
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { metric } of families) {
    if (metric.type !== "histogram") {
      names.add(metric.name);
      continue;
    }
    for (const part of ["bucket", "sum", "count"])
      names.add(`${metric.name}_${part}`);
  }
  return names;
}
