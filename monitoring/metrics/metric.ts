/** What a metric is, and its values at one moment. */

export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What exactly it says: of whom, since when, in which unit. */
  readonly help: string;
  readonly labels: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

interface Value {
  readonly labels: Labels;
  readonly value: number;
}

export interface Distribution {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** One more than there are bounds. */
  readonly cumulative: readonly number[];
  readonly sum: number;
}

/** A metric with all its series. */
export type Family =
  | {
      readonly metric: Metric & { readonly type: "counter" | "gauge" };
      readonly values: readonly Value[];
    }
  | {
      readonly metric: Metric & { readonly type: "histogram" };
      readonly distributions: readonly Distribution[];
    };

export type Counter = Metric & { readonly type: "counter" };
export type Gauge = Metric & { readonly type: "gauge" };
export type Histogram = Metric & { readonly type: "histogram" };

const PREFIX = "flow_balancer_";

export const counter = (
  name: string,
  help: string,
  labels: readonly string[] = [],
): Counter => ({
  name: `${PREFIX}${name}_total`,
  type: "counter",
  help,
  labels,
});

export const gauge = (
  name: string,
  help: string,
  labels: readonly string[] = [],
): Gauge => ({ name: `${PREFIX}${name}`, type: "gauge", help, labels });

export const histogram = (
  name: string,
  help: string,
  labels: readonly string[] = [],
): Histogram => ({ name: `${PREFIX}${name}`, type: "histogram", help, labels });
