/** What an open loop's records say: goodput, refusals, deadlines, predictions. Pure. All times are ms on one clock. */

export interface Accepted {
  readonly status: "accepted";
  readonly dueAt: number;
  readonly submittedAt: number;
  /** When a worker began it; null if none did. */
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly completed: boolean;
}

export interface Refused {
  readonly status: "refused";
  readonly dueAt: number;
  readonly submittedAt: number;
  readonly code: string;
  /** The wait that the pool foresaw; null if it said nothing. */
  readonly predictedMs: number | null;
  /** When it said to come again; null if it did not. */
  readonly retryAfterMs: number | null;
}

/** One a task, in the order of submission. */
export type LoadRecord = Accepted | Refused;

export interface Prediction {
  readonly predictedMs: number;
  /** From the refusal to the begin of the next task that was admitted: where tasks begin in order, one admitted in its place would have begun no later. */
  readonly waitMs: number;
  readonly retryAfterMs: number | null;
  /** From the refusal to the next admission. */
  readonly admissionMs: number;
}

export interface LoadFigures {
  /** Completed within the deadline, one figure a whole second. */
  readonly goodput: readonly number[];
  /** Of all that came. */
  readonly refusedShare: number;
  /** Of the accepted, those completed within the deadline, counted from the submission; NaN if none was. */
  readonly keptShare: number;
  /** Of the completed, from the moment they were due. */
  readonly latencies: readonly number[];
  /** Of the accepted that began, from the submission. */
  readonly waits: readonly number[];
  readonly predictions: readonly Prediction[];
}

const SECOND = 1_000;
/** Below it a ratio says more about the timers than about the prediction. */
const FINEST_MS = 1;

export function loadFigures(
  records: readonly LoadRecord[],
  deadlineMs: number,
  period: { readonly from: number; readonly to: number },
): LoadFigures {
  const accepted = records.filter((it) => it.status === "accepted");
  const kept = accepted.filter(
    ({ completed, submittedAt, endedAt }) =>
      completed && endedAt - submittedAt <= deadlineMs,
  );
  return {
    goodput: eachSecond(
      kept.map(({ endedAt }) => endedAt),
      period,
    ),
    refusedShare: (records.length - accepted.length) / records.length,
    keptShare: kept.length / accepted.length,
    latencies: accepted
      .filter(({ completed }) => completed)
      .map(({ dueAt, endedAt }) => endedAt - dueAt),
    waits: accepted.flatMap(({ startedAt, submittedAt }) =>
      startedAt === null ? [] : [startedAt - submittedAt],
    ),
    predictions: predictionsOf(records),
  };
}

/** A last second that is not whole is left out. */
function eachSecond(
  moments: readonly number[],
  { from, to }: { from: number; to: number },
): number[] {
  const counts = Array.from(
    { length: Math.floor((to - from) / SECOND) },
    () => 0,
  );
  for (const moment of moments) {
    const second = Math.floor((moment - from) / SECOND);
    if (second >= 0 && second < counts.length)
      counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

/** Refusals after which nothing was admitted any more cannot be judged. */
function predictionsOf(records: readonly LoadRecord[]): Prediction[] {
  const predictions: Prediction[] = [];
  let next: { submittedAt: number; startedAt: number } | null = null;
  for (const record of records.toReversed())
    if (record.status === "accepted") {
      const { submittedAt, startedAt } = record;
      if (startedAt !== null) next = { submittedAt, startedAt };
    } else if (next !== null && record.predictedMs !== null)
      predictions.push({
        predictedMs: record.predictedMs,
        retryAfterMs: record.retryAfterMs,
        waitMs: next.startedAt - record.submittedAt,
        admissionMs: next.submittedAt - record.submittedAt,
      });
  return predictions.reverse();
}

/** Predicted by actual: 1 is exact, 2 twice as long as it was. */
export const ratioOf = (predicted: number, actual: number): number =>
  Math.max(predicted, FINEST_MS) / Math.max(actual, FINEST_MS);

/** The share of ratios between 1 / factor and factor; NaN of none. */
export const shareWithin = (
  ratios: readonly number[],
  factor: number,
): number =>
  ratios.filter((ratio) => ratio >= 1 / factor && ratio <= factor).length /
  ratios.length;
