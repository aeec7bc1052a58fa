/** The arguments of the board's tools, and the one place where they become what the board takes. */

import { z } from "zod";
import type {
  Claimer,
  Completion,
  Evidence,
  NewItem,
  Update,
} from "../core/board.ts";
import { BOARD_LIMITS } from "../core/board-limits.ts";
import type { Engine } from "../core/engine.ts";
import { BalancerError } from "../core/errors.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import { parseDependency } from "./dependency-argument.ts";

const {
  items,
  titleChars,
  detailsChars,
  noteChars,
  nameChars,
  keyChars,
  pathChars,
  capabilities,
  after,
  evidence,
  argvWords,
  resources,
} = BOARD_LIMITS;

const text = (max: number) => z.string().min(1).max(max);
const within = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z.int().min(min).max(max).optional();
const name = text(nameChars);
const note = text(noteChars);
const path = text(pathChars);
/** `file:` and a path may be longer than a name. */
const resourceList = z
  .array(text("file:".length + pathChars))
  .max(resources)
  .optional();

/** In one place, since every tool of the board takes it. */
export const asField = name
  .optional()
  .describe("Who you are, if not this connection: the same in every call");
export const leaseField = within(BOARD_LIMITS.leaseMs);
export const capabilityList = z.array(name).max(capabilities).optional();

const evidenceList = z
  .array(
    z.strictObject({
      command: z
        .array(z.string())
        .min(1)
        .max(argvWords)
        .refine(([program]) => program !== "", "needs a program")
        .optional()
        .describe("Argument array; must exit with 0"),
      cwd: path.optional(),
      file: path.optional(),
      sha256: z
        .string()
        .regex(/^[0-9a-fA-F]{64}$/)
        .optional(),
      task_id: name.optional(),
    }),
  )
  .max(evidence)
  .optional();

export const addFields = {
  tasks: z
    .array(
      z.strictObject({
        title: text(titleChars),
        details: text(detailsChars).optional(),
        key: text(keyChars)
          .regex(/^[^:\s]+$/)
          .optional()
          .describe("Name for `after` in this list"),
        after: z
          .array(name)
          .max(after)
          .optional()
          .describe(
            "Keys or task ids; ':finish' or ':failure' added to one: after any end, or a failure",
          ),
        weight: within(BOARD_LIMITS.weight).describe("3 unless told"),
        priority: within(BOARD_LIMITS.priority),
        capabilities: capabilityList,
        evidence: evidenceList.describe(
          "What completion must prove: each one command, file or completed task",
        ),
        stage: within(BOARD_LIMITS.stage),
      }),
    )
    .min(1)
    .max(items),
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
  total: z.int().min(0).optional(),
  note: note.optional().describe("For whoever has it next"),
  claim: resourceList.describe("file:PATH, port:N or any name, to have alone"),
  free: resourceList,
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
  summary: note.optional(),
  evidence: evidenceList,
  note: note.optional(),
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
  declared: readonly string[] = [],
): Claimer => ({ holder, declared, capacity: null });

function toEvidence(
  list: z.output<typeof evidenceList>,
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
