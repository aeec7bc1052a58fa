/** Puts a task that ended otherwise than it should have back into the queue, and with it what ended for its sake. To be called inside a write. */

import type { TaskId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import { isTerminal } from "../core/task.ts";
import type { EndStatements } from "./end-statements.ts";
import type { QueueParts } from "./settles.ts";
import { dependenciesOf, type TaskRow } from "./task-row.ts";

export class Redrive {
  readonly #parts: QueueParts;
  readonly #sql: EndStatements;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#sql = parts.sql;
  }

  redrive(id: TaskId): boolean {
    const { graph } = this.#parts;
    const first = this.#sql.row.get({ id });
    if (first === null || !mayComeBack(first)) return false;
    if (!graph.canRun(dependenciesOf(first))) return false;
    const back = [first];
    // Grows while it is walked.
    for (const row of back) {
      this.#restart(row);
      for (const seq of graph.endedFor(row.seq)) {
        const child = this.#sql.rowAt.get({ seq });
        if (child === null || !mayComeBack(child) || !endedForOthers(child))
          continue;
        if (graph.canRun(dependenciesOf(child))) back.push(child);
        else graph.blame(child.seq, dependenciesOf(child));
      }
    }
    return true;
  }

  #restart(row: TaskRow): void {
    const { env, graph, tallies } = this.#parts;
    this.#sql.attempt.run({
      taskSeq: row.seq,
      attempt: row.attempt,
      fence: row.fence,
      holder: null,
      endedAt: env.now(),
      end: "redriven",
      errorJson: row.errorJson,
    });
    this.#sql.restart.run({ seq: row.seq });
    this.#sql.dropOutput.run({ id: row.id });
    tallies.move(row.state, "queued");
    graph.tieAgain(row.seq, dependenciesOf(row));
  }
}

const mayComeBack = ({ state }: TaskRow): boolean =>
  isTerminal(state) && state !== "completed";

function endedForOthers({ errorJson }: TaskRow): boolean {
  const error = parseOrNull(errorJson) as { code?: unknown } | null;
  return error?.code === "DEPENDENCY_FAILED";
}
