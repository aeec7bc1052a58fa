/** The arguments of the board's tools, and the one place where they become what the board takes. */

import { z } from "zod";
import type {
  Claimer,
  Completion,
  Evidence,
  NewItem,
  Update,
} from "../core/board.ts";
import type { Engine } from "../core/engine.ts";
import { BalancerError } from "../core/errors.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import { parseDependency } from "./dependency-argument.ts";

const MAX_ITEMS = 1_000;
const MAX_TEXT = 20_000;
const DAY_MS = 86_400_000;

const text = z.string().min(1).max(MAX_TEXT);
const name = z.string().min(1).max(200);

/** In one place, since every tool of the board takes it. */
export const asField = name
  .optional()
  .describe("Who you are, if not this connection: the same name in every call");
export const leaseField = z.int().min(1_000).max(DAY_MS).optional();

const evidenceField = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .max(1_000)
    .optional()
    .describe("Must exit with 0; an argument array"),
  cwd: z.string().min(1).optional(),
  file: z.string().min(1).optional().describe("Must be there"),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  task_id: name.optional().describe("Must have completed"),
});

export const addFields = {
  tasks: z
    .array(
      z.strictObject({
        title: name,
        details: text.optional(),
        key: z
          .string()
          .regex(/^[^:\s]{1,100}$/)
          .optional()
          .describe("Name for `after` in this list"),
        after: z
          .array(name)
          .max(1_000)
          .optional()
          .describe(
            "Keys or task ids; ':finish' or ':failure' added to one: after any end, or a failure",
          ),
        weight: z.int().min(1).max(10).optional().describe("3 unless told"),
        priority: z.int().min(-10).max(10).optional(),
        capabilities: z.array(name).max(50).optional().describe("Needed"),
        evidence: z
          .array(evidenceField)
          .max(20)
          .optional()
          .describe("What completion must prove"),
        stage: z
          .int()
          .min(1)
          .max(MAX_ITEMS)
          .optional()
          .describe("Of a pipeline"),
      }),
    )
    .min(1)
    .max(MAX_ITEMS),
  type: z
    .enum(["parallel", "pipeline", "sequential"])
    .optional()
    .describe("pipeline: each stage after the one before"),
};

type AddArguments = z.output<z.ZodObject<typeof addFields>>;

export const toItems = ({ tasks }: AddArguments): NewItem[] =>
  tasks.map((task, index) => ({
    key: task.key ?? null,
    title: task.title,
    details: task.details ?? null,
    weight: task.weight ?? DEFAULT_WEIGHT,
    priority: task.priority ?? 0,
    capabilities: task.capabilities ?? [],
    after: (task.after ?? []).map((ref, at) =>
      parseDependency(ref, `/tasks/${index}/after/${at}`),
    ),
    required: toEvidence(task.evidence, `/tasks/${index}/evidence`),
    stage: task.stage ?? null,
  }));

const DEFAULT_WEIGHT = 3;

export const updateFields = {
  done: z.int().min(0).optional(),
  total: z.int().min(1).optional(),
  note: text.optional().describe("For whoever has it next"),
  claim: z
    .array(name)
    .max(100)
    .optional()
    .describe("file:PATH, port:N or any name, to have alone"),
  free: z.array(name).max(100).optional(),
  release: z.boolean().optional().describe("Give the task back"),
};

type UpdateArguments = z.output<z.ZodObject<typeof updateFields>>;

export function toUpdate(
  args: UpdateArguments,
  leaseMs: number | undefined,
): Update {
  if (args.total !== undefined && args.done === undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "/total: has no meaning without done",
    );
  return {
    progress:
      args.done === undefined
        ? null
        : { done: args.done, total: args.total ?? null },
    note: args.note ?? null,
    claimResources: args.claim ?? [],
    releaseResources: args.free ?? [],
    release: args.release ?? false,
    leaseMs: leaseMs ?? null,
  };
}

export const completeFields = {
  outcome: z.enum(["completed", "failed"]).optional(),
  summary: text.optional(),
  evidence: z.array(evidenceField).max(20).optional(),
  note: text.optional(),
};

type CompleteArguments = z.output<z.ZodObject<typeof completeFields>>;

export const toCompletion = (args: CompleteArguments): Completion => ({
  outcome: args.outcome ?? "completed",
  summary: args.summary ?? null,
  evidence: toEvidence(args.evidence, "/evidence"),
  note: args.note ?? null,
});

/** Throws INVALID_ARGUMENT for a caller that cannot be told from others. */
export function toHolder(
  as: string | undefined,
  engine: Engine,
  connection: string | null,
): HolderId {
  const holder = as ?? engine.defaultSession(connection);
  if (holder !== null) return holder as HolderId;
  throw new BalancerError(
    "INVALID_ARGUMENT",
    "/as: is needed here, since this connection cannot be told from others",
    { hint: "Choose a name and pass it in every call." },
  );
}

export const toClaimer = (
  holder: HolderId,
  capabilities: readonly string[] | undefined,
): Claimer => ({ holder, declared: capabilities ?? [], capacity: null });

function toEvidence(
  list: readonly z.output<typeof evidenceField>[] | undefined,
  where: string,
): Evidence[] {
  return (list ?? []).map(
    ({ command, cwd, file, sha256, task_id: id }, index): Evidence => {
      const said = [command, file, id].filter((it) => it !== undefined);
      if (said.length !== 1)
        throw new BalancerError(
          "INVALID_ARGUMENT",
          `${where}/${index}: must have exactly one of command, file and task_id, not ${said.length}`,
        );
      if (command !== undefined)
        return { type: "command", argv: command, cwd: cwd ?? null };
      if (file !== undefined)
        return { type: "file", path: file, sha256: sha256 ?? null };
      return { type: "task", id: id as TaskId };
    },
  );
}
