/** Why a task went to an expert, or where one would go now: for people as a table and short lines, for programs as one object. Pure. */

import type { DecisionRecord } from "../../core/decision.ts";
import type { RouteDecision } from "../../core/expert.ts";
import { duration, grouped } from "../../core/figures.ts";
import { printable, printableJson } from "../../core/printable.ts";
import { type Column, tableLines } from "../../core/table.ts";
import type { Answer } from "../answer.ts";
import type { Terminal } from "../terminal.ts";

/** What was decided of a task, the oldest first, and how those attempts ended. */
export interface RecordedRoute {
  readonly taskId: string;
  readonly decisions: readonly (Pick<
    DecisionRecord,
    "attempt" | "version" | "choice" | "propensity" | "alternatives" | "reason"
  > & {
    /** Null: it has not ended. */
    readonly outcome: string | null;
  })[];
}

/** What would be decided now. */
export interface RouteNow {
  readonly kind: string;
  readonly decision: RouteDecision;
  /** Outcomes that were learned from. */
  readonly runs: number;
  readonly warning: string | null;
}

export function recordedRouteAnswer(
  { taskId, decisions }: RecordedRoute,
  as: Terminal | "json",
): Answer {
  if (as === "json")
    return {
      data: printableJson({
        schema: 1,
        task_id: taskId,
        decisions: decisions.map(({ reason, ...it }) => ({
          ...it,
          alternatives: [...it.alternatives],
          reason,
        })),
      }),
    };
  return {
    data: decisions
      .flatMap(({ attempt, choice, alternatives, reason, outcome }) => [
        `attempt ${attempt}: ${printable(choice)}, ${outcome ?? "not ended"}`,
        ...tableLines(RECORDED, alternatives, as),
        ...linesOf(reason).map((line) => printable(line)),
      ])
      .join("\n"),
  };
}

/** As it was recorded, whatever that is by now. */
function linesOf(reason: unknown): string[] {
  const {
    lines,
    seed,
    learned_until: until,
  } = (reason ?? {}) as Readonly<Record<string, unknown>>;
  return [
    ...(Array.isArray(lines) ? lines.map(String) : []),
    ...(typeof seed === "number" && typeof until === "number"
      ? [`drawn with seed ${seed}; learned up to outcome ${grouped(until)}`]
      : []),
  ];
}

type Alternative = DecisionRecord["alternatives"][number];

const RECORDED: readonly Column<Alternative>[] = [
  {
    title: "expert",
    cell: ({ choice }) => printable(choice),
    weight: Number.POSITIVE_INFINITY,
  },
  { title: "odds", cell: ({ propensity }) => odds(propensity), weight: 3 },
  {
    title: "worth",
    cell: ({ score }) => (score === null ? "" : figure(score)),
    weight: 2,
  },
];

export function routeNowAnswer(
  { kind, decision, runs, warning }: RouteNow,
  as: Terminal | "json",
): Answer {
  const notes = warning === null ? [] : [warning];
  const { alternatives, reason, next } = decision;
  if (as === "json")
    return {
      data: printableJson({
        schema: 1,
        kind,
        choice: decision.choice,
        propensity: decision.propensity,
        next: [...next],
        policy_version: decision.policyVersion,
        runs,
        alternatives: alternatives.map((it) => ({
          expert: it.expert,
          propensity: it.propensity,
          success: it.success,
          cost: it.cost,
          typical_ms: it.typicalMs,
          utility: it.utility,
          runs: it.runs,
          barred_by: it.barredBy,
        })),
        reason: [...reason],
      }),
      notes,
    };
  return {
    data: [
      ...(alternatives.length === 0 ? [] : tableLines(NOW, alternatives, as)),
      ...reason.map((line) => printable(line)),
    ].join("\n"),
    notes: [
      ...(alternatives.length === 0
        ? []
        : [
            "Each task is drawn anew, by these odds; runs are those of this type of task.",
          ]),
      ...notes,
    ],
  };
}

type Candidate = RouteDecision["alternatives"][number];

const NOW: readonly Column<Candidate>[] = [
  {
    title: "expert",
    cell: ({ expert }) => printable(expert),
    weight: Number.POSITIVE_INFINITY,
  },
  {
    title: "odds",
    cell: ({ barredBy, propensity }) =>
      barredBy === null ? odds(propensity) : "ruled out",
    weight: 9,
  },
  { title: "success", cell: ({ success }) => odds(success), weight: 8 },
  { title: "cost", cell: ({ cost }) => figure(cost), weight: 7 },
  {
    title: "typical",
    cell: ({ typicalMs }) => (typicalMs === null ? "" : duration(typicalMs)),
    weight: 6,
  },
  { title: "worth", cell: ({ utility }) => figure(utility), weight: 5 },
  { title: "runs", cell: ({ runs }) => grouped(Math.floor(runs)), weight: 8 },
];

/** Rounded down: 99.9 % isn't sure. */
const odds = (share: number): string =>
  `${(Math.floor(share * 1_000 + 1e-9) / 10).toFixed(1)} %`;

const figure = (value: number): string => String(Number(value.toPrecision(3)));
