/** `replay timeouts`: how long runs may take, learned and by simple rules, on a trace of run times. */

import type { RuleReport } from "../../orchestrator/learning/replay-timeouts-score.ts";
import {
  TimeoutsReplay,
  type TimeoutsReport,
} from "../../orchestrator/learning/replay-timeouts.ts";
import { readTrace, traceMs } from "../commands/replay/read-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { grouped } from "../core/figures.ts";
import { alignedLines } from "../core/table.ts";
import type { ReplayReport } from "./replay-report.ts";

const COLUMNS = ["key", "duration_s"];
/** Some 10 kB each. */
const MAX_KEYS = 100_000;

export async function timeouts(
  trace: string,
  maxKeys = MAX_KEYS,
): Promise<ReplayReport> {
  const replay = new TimeoutsReplay();
  await readTrace(trace, COLUMNS, ({ line, fields }) => {
    const [key = "", duration = ""] = fields;
    const ms = traceMs(trace, line, "duration_s", duration);
    replay.add(key, ms);
    if (replay.keys > maxKeys)
      throw new BalancerError(
        "PAYLOAD_TOO_LARGE",
        `${trace}, line ${line}: more than ${grouped(maxKeys)} different keys`,
        {
          hint: "Replay a part of it, or name in key what comes again and again.",
        },
      );
  });
  const report = replay.report();
  return {
    json: { trace, definitions: DEFINITIONS, ...report },
    text: textOf(trace, report),
  };
}

/** Beside the figures, for whoever has only those. */
const DEFINITIONS = {
  order:
    "as in the file; each run is taken to have ended before the next begins, and every rule says its limit before it learns of the run",
  kind: "a key up to its last '|', '/' or ':', the whole key where there is none; the rest is the bucket",
  known: "a run of a key with at least 10 earlier runs; the others are cold",
  killed: "known runs longer than the limit (of two, the last) / known runs",
  over_first: "known runs longer than the first limit / known runs",
  cold_killed: "cold runs longer than the limit / cold runs",
  keys_over: "keys with at least 100 known runs, more than 2 % of them killed",
  worst_100:
    "the most killed in any 100 known runs of a key in a row; p90: nearest rank over keys with at least 100 known runs",
  mean_limit:
    "mean of the first limit over known runs: how long one that hangs in silence would go on",
  median_slack: "median of first limit / run time over known runs, within 1 %",
  rules: {
    "fixed 300 s": "300 s, always",
    "simple rule":
      "1.5 x P95 (within 1 %) of all earlier runs of the key once there are 20, 300 s before; sees every run in full",
    "simple rule, killed unseen":
      "the same, but what it kills is missing from its history",
    "retransmission timeout":
      "RFC 6298: smoothed run time + 4 x smoothed deviation, gains 1/8 and 1/4, no backoff; sees every run in full",
    "window conformal":
      "order statistic ceil((n + 1) x 0.99) of the key's last 500 runs, the longest where there are too few; sees every run in full",
    learned:
      "one limit at a miss target of 1 %, no floor and no cap; sees every run in full",
    "learned, killed cut off":
      "the same, but of what it kills it learns only that it was longer than the limit",
    "learned, signs of life":
      "assumes that every healthy run gives signs of life, which traces do not record: a first limit at a miss target of 2 %, and killed at 4 times that; of what it kills it learns only that it was longer",
  },
} as const;

function textOf(trace: string, report: TimeoutsReport): string {
  const { runs, keys, known_runs, keys_with_enough, rules } = report;
  const { rules: named, ...terms } = DEFINITIONS;
  return [
    `${trace}: ${grouped(runs)} runs of ${grouped(keys)} keys; ${grouped(known_runs)} known, ${grouped(keys_with_enough)} keys with at least 100 known runs`,
    "",
    ...alignedLines(
      [
        [
          "rule",
          "killed",
          "over first",
          "cold killed",
          "keys over",
          "worst 100: p90",
          "most",
          "mean limit",
          "median slack",
        ],
        ...rules.map(columnsOf),
      ],
      Bun.stringWidth,
    ),
    "",
    ...Object.entries(terms).map(([term, meaning]) => `${term}: ${meaning}.`),
    "",
    ...Object.entries(named).map(([rule, meaning]) => `${rule}: ${meaning}.`),
  ].join("\n");
}

const columnsOf = (it: RuleReport): string[] => [
  it.rule,
  percents(it.killed_share, 3),
  percents(it.over_first_share, 3),
  percents(it.cold_killed_share, 2),
  `${it.keys_over} (${percents(it.keys_over_share, 1)})`,
  String(it.worst_100_p90 ?? "-"),
  String(it.worst_100_max ?? "-"),
  it.mean_limit_s === null ? "-" : `${it.mean_limit_s.toFixed(1)} s`,
  it.median_slack === null ? "-" : `x ${it.median_slack.toFixed(2)}`,
];

const percents = (share: number | null, digits: number): string =>
  share === null ? "-" : `${(100 * share).toFixed(digits)} %`;
