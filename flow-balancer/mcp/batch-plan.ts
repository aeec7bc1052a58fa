/** From the arguments of a batch to its stages. Everything that can be wrong with them is said here, before anything is submitted. */

import type { ListType } from "../core/board.ts";
import type { Engine } from "../core/engine.ts";
import { BalancerError } from "../core/errors.ts";
import type { TaskRequest } from "../core/task.ts";
import { assertFewEdges, edgesOf, stagesOf } from "../core/task-stages.ts";
import {
  assertKnownKind,
  toRequest,
  type TaskArguments,
} from "./task-request.ts";

export interface BatchArguments {
  readonly tasks: readonly (TaskArguments & {
    readonly stage?: number | undefined;
  })[];
  readonly type?: ListType | undefined;
  readonly session?: string | undefined;
  readonly max_parallel?: number | undefined;
  readonly on_error?: "continue" | "stop" | undefined;
}

export interface PlannedTask {
  /** Its place in the arguments. */
  readonly index: number;
  readonly request: TaskRequest;
}

/** Each stage after the one before. */
export type BatchPlan = readonly (readonly PlannedTask[])[];

/** Throws UNKNOWN_KIND, or INVALID_ARGUMENT for stages that cannot be. */
export function planBatch(
  { tasks, session, ...args }: BatchArguments,
  engine: Engine,
  connection: string | null,
): BatchPlan {
  const type = args.type ?? "parallel";
  if (
    type === "pipeline" &&
    args.max_parallel !== undefined &&
    args.on_error === "stop"
  )
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "/on_error: 'stop' cannot be kept beside max_parallel in a pipeline, whose tasks start without asking this call",
      {
        hint: "Leave one of them out: a failure keeps all later stages from starting anyway.",
      },
    );
  const planned = tasks.map(({ stage, ...task }, index) => {
    assertKnownKind(task.kind, engine, `/tasks/${index}/kind`);
    const own = session === undefined ? task : { session, ...task };
    const request = toRequest(own, engine, connection);
    return { index, stage: stage ?? null, request };
  });
  const stages = stagesOf(planned, {
    type,
    stageOf: ({ stage }) => stage,
    where: "/tasks",
  });
  assertFewEdges(edgesOf(stages));
  return stages;
}
