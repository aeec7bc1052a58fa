/** `flow-balancer status`: reads what it needs for one glance and no more, so that it answers at once. */

import type { Database } from "bun:sqlite";
import type { Answer } from "../commands/answer.ts";
import {
  type BoardFigures,
  COUNTED,
  statusAnswer,
  type StatusFacts,
} from "../commands/status.ts";
import type { Terminal } from "../commands/terminal.ts";
import {
  fullness,
  type HomeProbe,
  inspectHome,
} from "../config/prepare-home.ts";
import { toWireError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { TASK_STATES, type TaskState } from "../core/task.ts";
import { OFFERED } from "./offered.ts";
import { openInstances, witnessOf } from "./read-instances.ts";
import { configOf, readAnyHome, type Where } from "./read-store.ts";
import { countOf, hasTable } from "./rows.ts";

/** Throws INVALID_CONFIG. */
export function status(
  where: Where,
  as: Terminal | "json",
  probe?: Pick<HomeProbe, "freeBytes">,
): Answer {
  const { home } = configOf(where);
  const state = inspectHome(home);
  const wrong = state.type === "unsafe" ? state : fullness(home, probe);
  const trouble =
    wrong === null ? [] : [`the home directory ${wrong.reason}. ${wrong.fix}`];
  return statusAnswer(factsOf(where, home, trouble), where.env.now(), as);
}

const UNKNOWN = {
  instances: [],
  tasks: null,
  board: null,
  overdue: 0,
} as const;

function factsOf(
  where: Where,
  home: string,
  trouble: readonly string[],
): StatusFacts {
  try {
    const read = readAnyHome(where, ({ db, config }) => ({
      instances: openInstances(db, witnessOf(where, config)),
      tasks: tasksByState(db),
      board: hasTable(db, "board_items") ? boardFigures(db) : null,
      overdue: hasTable(db, "board_items") ? overdueLeases(db, where.env) : 0,
    }));
    return { home, isStored: read !== null, trouble, ...(read ?? UNKNOWN) };
  } catch (thrown) {
    const { message, hint } = toWireError(thrown);
    const said = hint === undefined ? message : `${message}. ${hint}`;
    return { home, isStored: true, ...UNKNOWN, trouble: [...trouble, said] };
  }
}

export function tasksByState(db: Database): Record<TaskState, number> {
  const rows = db
    .query<{ state: TaskState; n: number }, []>(
      hasTable(db, "tallies")
        ? "SELECT state, n FROM tallies"
        : hasTable(db, "tasks")
          ? "SELECT state, count(*) AS n FROM tasks GROUP BY state"
          : "SELECT NULL AS state, 0 AS n WHERE 0",
    )
    .all();
  const counts = new Map(rows.map(({ state, n }) => [state, n]));
  return Object.fromEntries(
    TASK_STATES.map((state) => [state, counts.get(state) ?? 0]),
  ) as Record<TaskState, number>;
}

const HELD = "holder IS NOT NULL AND queue = 'board'";
const IN_WORK = `${HELD} AND NOT ${OFFERED}`;

/** By the partial indexes: what has ended costs nothing. */
const boardFigures = (db: Database): BoardFigures => ({
  ready:
    countOf(
      db,
      `SELECT count(*) AS n FROM tasks WHERE ${HELD} AND ${OFFERED}`,
    ) +
    countOf(
      db,
      "SELECT count(*) AS n FROM (SELECT 1 FROM tasks WHERE queue = 'board' AND state = 'queued' AND holder IS NULL AND pending = 0 AND due_boot IS NULL LIMIT ?)",
      COUNTED,
    ),
  active: countOf(db, `SELECT count(*) AS n FROM tasks WHERE ${IN_WORK}`),
  activeWeight: countOf(
    db,
    `SELECT sum(weight) AS n FROM tasks JOIN board_items USING (seq) WHERE ${IN_WORK}`,
  ),
  blocked: countOf(
    db,
    "SELECT count(*) AS n FROM (SELECT 1 FROM tasks WHERE state = 'queued' AND pending > 0 AND queue = 'board' LIMIT ?)",
    COUNTED,
  ),
  items: countOf(db, "SELECT count(*) AS n FROM board_items"),
});

/** Work is back within 2 s; with more than twice that something is wrong. */
const OVERDUE_MS = 5_000;

function overdueLeases(db: Database, env: Env): number {
  return countOf(
    db,
    "SELECT count(*) AS n FROM tasks WHERE lease_boot IS NOT NULL AND lease_boot < ? AND EXISTS (SELECT 1 FROM meta WHERE key = 'boot_id' AND value = ?)",
    env.boot() - OVERDUE_MS,
    env.bootId,
  );
}
