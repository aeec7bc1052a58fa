/** The servers of a home as a table, or as one object. Pure. */

import { printable, printableJson } from "../core/printable.ts";
import type { Column } from "../core/table.ts";
import type { EpochMs } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import { age, elapsed } from "./elapsed.ts";
import { clockOrNone } from "./moment.ts";
import { paintedTable } from "./painted-table.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `alive`: it runs; `silent`: its process is there, but has said nothing for a minute; `gone`: its
 * process is not there any more, and nobody has noted that yet; `stopped` by itself; `died`.
 */
export type Condition = "alive" | "silent" | "gone" | "stopped" | "died";

export interface InstanceView {
  readonly id: string;
  readonly pid: number;
  readonly transport: string;
  readonly projectRoot: string;
  readonly version: string;
  readonly startedAt: EpochMs;
  /** Null: it was said before the machine was started. */
  readonly heartbeatAgeMs: number | null;
  readonly condition: Condition;
  readonly endedAt: EpochMs | null;
  /** Worker processes: its part of the machine's, what it would have alone, what it has work for. */
  readonly share: number;
  readonly maxWorkers: number;
  readonly wants: number;
  /** Tasks it holds. */
  readonly held: number;
}

export const isRunning = ({ condition }: InstanceView): boolean =>
  condition === "alive" || condition === "silent";

export function instancesAnswer(
  instances: readonly InstanceView[],
  now: EpochMs,
  as: Terminal | "json",
): Answer {
  if (as === "json")
    return {
      data: printableJson({
        schema: 1,
        instances: instances.map(instanceJson),
      }),
    };
  if (instances.length === 0)
    return { data: "", notes: ["No server has been here yet."] };
  return {
    data: paintedTable(instanceColumns(now), instances, as, (line, it) => {
      if (it.condition === "alive") return line;
      const { dim, red } = as.paint;
      return it.condition === "stopped" ? dim(line) : red(line);
    }),
  };
}

export const instanceColumns = (now: EpochMs): Column<InstanceView>[] => [
  { title: "id", cell: ({ id }) => printable(id), weight: 5 },
  { title: "pid", cell: ({ pid }) => String(pid), weight: Infinity },
  {
    title: "state",
    cell: ({ condition }) => condition,
    weight: Infinity,
    align: "left",
  },
  {
    title: "front",
    cell: ({ transport }) => printable(transport),
    weight: 3,
    align: "left",
  },
  {
    title: "started",
    cell: ({ startedAt }) => age(startedAt, now),
    weight: 6,
  },
  { title: "at", cell: (it) => clockOrNone(it.startedAt, now), weight: 1.5 },
  { title: "heartbeat", cell: heartbeat, weight: 7 },
  {
    title: "ended",
    cell: ({ endedAt }) => (endedAt === null ? "" : age(endedAt, now)),
    weight: 2,
  },
  {
    title: "workers",
    cell: (it) => (isRunning(it) ? `${it.share}/${it.maxWorkers}` : ""),
    weight: 9,
  },
  {
    title: "wants",
    cell: (it) => (isRunning(it) ? String(it.wants) : ""),
    weight: 4,
  },
  { title: "holds", cell: ({ held }) => String(held), weight: 8 },
  {
    title: "project",
    cell: ({ projectRoot }) => printable(projectRoot),
    weight: 1,
    align: "left",
    cut: "start",
  },
];

const heartbeat = ({ endedAt, heartbeatAgeMs }: InstanceView): string => {
  if (endedAt !== null) return "";
  return heartbeatAgeMs === null ? "before restart" : elapsed(heartbeatAgeMs);
};

export const instanceJson = (it: InstanceView): object => ({
  id: it.id,
  pid: it.pid,
  state: it.condition,
  transport: it.transport,
  project_root: it.projectRoot,
  version: it.version,
  started_at: new Date(it.startedAt).toISOString(),
  heartbeat_age_ms: it.heartbeatAgeMs,
  ended_at: it.endedAt === null ? null : new Date(it.endedAt).toISOString(),
  share: it.share,
  max_workers: it.maxWorkers,
  wants: it.wants,
  tasks_held: it.held,
});
