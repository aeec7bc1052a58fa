/** How long runs take and how long they may take, as a table, or as one object. Pure. */

import { count, duration, grouped } from "../core/figures.ts";
import { printable, printableJson } from "../core/printable.ts";
import type { RunLimit } from "../core/run-limit.ts";
import type { Column } from "../core/table.ts";
import {
  type BucketTimeouts,
  type KindTimeouts,
  timeoutsView,
} from "../core/timeout-stats.ts";
import type { Answer } from "./answer.ts";
import { elapsed } from "./elapsed.ts";
import { paintedTable } from "./painted-table.ts";
import type { Terminal } from "./terminal.ts";

export interface KnownTimeouts {
  readonly kinds: readonly KindTimeouts[];
  /** Set by a person, ms, by kind: these are in force, whatever was learned. */
  readonly fixed: ReadonlyMap<string, number>;
  /** False: nothing that is learned is in force. */
  readonly isLearned: boolean;
  /** Asked for one kind. */
  readonly kind: string | null;
  /** What somebody probably meant with a kind of which nothing is known, to end a sentence with. */
  readonly meant: string;
  /** Why what was learned before cannot be read; null: it can. */
  readonly warning: string | null;
}

export function timeoutStatsAnswer(
  known: KnownTimeouts,
  as: Terminal | "json",
): Answer {
  const { kinds, kind, fixed, isLearned, meant, warning } = known;
  const notes = warning === null ? [] : [warning];
  if (as === "json")
    return {
      data: printableJson({
        schema: 1,
        deadlines: isLearned ? "learned" : "fixed",
        kinds: kinds.map((it) => ({
          ...timeoutsView(it),
          configured_ms: fixed.get(it.kind) ?? null,
        })),
      }),
      notes,
    };
  if (kinds.length === 0)
    return {
      data: "",
      notes: [
        kind === null
          ? "No task has ended yet."
          : `No task of kind '${printable(kind)}' has ended yet${meant}`,
        ...notes,
      ],
    };
  const buckets = kinds.flatMap((it) => it.buckets);
  return {
    data:
      kind === null
        ? paintedTable(KINDS, kinds, as)
        : paintedTable(BUCKETS, buckets, as),
    notes: [...notes, ...sayings(known)],
  };
}

/** What the table cannot say. */
function sayings({ kinds, fixed, isLearned, kind }: KnownTimeouts): string[] {
  const set = kinds.flatMap((it) => {
    const ms = fixed.get(it.kind);
    return ms === undefined
      ? []
      : [
          `${printable(it.kind)}: its timeout_ms of ${grouped(ms)} ms is configured, and in force.`,
        ];
  });
  if (!isLearned)
    return [
      "learning.deadlines is 'fixed': these limits are learned and not in force.",
      ...set,
    ];
  if (kind === null) return set;
  return [
    "A task that gives signs of life may take up to its longest; one that does not is ended at its limit.",
    ...kinds.map(
      ({ simpleRuleMs }) =>
        `A simple rule (1.5 x P95) would say ${elapsed(simpleRuleMs)}.`,
    ),
    ...set,
  ];
}

type Row = Pick<
  KindTimeouts,
  | "n"
  | "timeouts"
  | "p50Ms"
  | "p95Ms"
  | "p99Ms"
  | "wouldHaveKilled"
  | "sure"
  | "bucket"
> & { readonly limit: RunLimit };

const FIGURES: readonly Column<Row>[] = [
  { title: "runs", cell: ({ n }) => grouped(n), weight: 9 },
  {
    title: "timed out",
    cell: ({ timeouts }) => (timeouts === 0 ? "" : grouped(timeouts)),
    weight: 6,
  },
  { title: "p50", cell: ({ p50Ms }) => time(p50Ms), weight: 7 },
  { title: "p95", cell: ({ p95Ms }) => time(p95Ms), weight: 5 },
  { title: "p99", cell: ({ p99Ms }) => time(p99Ms), weight: 8 },
  { title: "limit", cell: ({ limit }) => elapsed(limit.softMs), weight: 10 },
  { title: "longest", cell: ({ limit }) => elapsed(limit.maxMs), weight: 4 },
  {
    title: "would kill",
    cell: ({ wouldHaveKilled: { runs, of } }) =>
      of === 0 ? "" : `${runs} of ${count(of, "run")}`,
    weight: 3,
  },
  {
    title: "how sure",
    cell: ({ sure }) => sure,
    weight: 2,
    align: "left",
    cut: "end",
  },
];

const named = (bucket: string): string =>
  bucket === "" ? "(all alike)" : printable(bucket);

const KINDS: readonly Column<KindTimeouts>[] = [
  { title: "kind", cell: ({ kind }) => printable(kind), weight: Infinity },
  {
    title: "mostly",
    cell: ({ bucket }) => (bucket === "" ? "" : printable(bucket)),
    weight: 1,
    align: "left",
  },
  ...FIGURES,
];

const BUCKETS: readonly Column<BucketTimeouts>[] = [
  {
    title: "what runs",
    cell: ({ bucket }) => named(bucket),
    weight: Infinity,
  },
  ...FIGURES,
];

const time = (ms: number | null): string => (ms === null ? "" : duration(ms));
