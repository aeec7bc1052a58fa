/** The one batch of the demo: what is asked for, and its answer, read back in the same order. */

import { join } from "node:path";
import { z } from "zod";
import { BalancerError } from "../core/errors.ts";
import { TIERS } from "../core/tier.ts";
import type { SourceMeasures } from "./analyse-source.ts";
import { historyCommand } from "./history.ts";
import type { SourceFile } from "./select-files.ts";

export interface BatchTask {
  readonly kind: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export const ANALYSE_KIND = "analyse_file";
/** What is kept of a command's output, in the configuration of the server too. */
export const MAX_OUTPUT_BYTES = 4_194_304;

export interface Work {
  readonly root: string;
  readonly files: readonly SourceFile[];
  /** False before the first commit: git log fails then. */
  readonly hasHistory: boolean;
}

/** Commands first: they are the longest, and what is long should not start last. */
export function batchTasks({ root, files, hasHistory }: Work): BatchTask[] {
  const commands = [
    ["wc", "-lwc", "--", ...files.map(({ path }) => path)],
    ...(hasHistory ? [historyCommand(root)] : []),
  ];
  return [
    ...commands.map((argv) => ({
      kind: "shell",
      input: {
        argv,
        cwd: root,
        env: { LC_ALL: "C", ...userConfiguration() },
        max_output_bytes: MAX_OUTPUT_BYTES,
      },
    })),
    ...files.map(({ path }) => analyseTask(root, path)),
  ];
}

export const analyseTask = (root: string, path: string): BatchTask => ({
  kind: ANALYSE_KIND,
  input: { root, path },
});

/** For a person: the command or the file. */
export function describeTask(task: BatchTask | undefined): string {
  const { argv, path } = task?.input ?? {};
  return Array.isArray(argv) ? argv.slice(0, 4).join(" ") : String(path);
}

/** The demo's server is shown an empty configuration folder; git still reads the user's own. */
function userConfiguration(): Record<string, string> {
  const { XDG_CONFIG_HOME, HOME } = process.env;
  if (XDG_CONFIG_HOME) return { XDG_CONFIG_HOME };
  return HOME ? { XDG_CONFIG_HOME: join(HOME, ".config") } : {};
}

const taskSchema = z.looseObject({
  status: z.string(),
  value: z.unknown().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  tier: z.enum(TIERS).optional(),
  worker: z.string().optional(),
  wait_ms: z.number().optional(),
  start_ms: z.number().optional(),
  run_ms: z.number().optional(),
});
export type TaskAnswer = z.output<typeof taskSchema>;

export const batchSchema = z.looseObject({ results: z.array(taskSchema) });

const measuresSchema = z.object({
  path: z.string(),
  bytes: z.int(),
  lines: z.int(),
  tokens: z.int(),
  sha256: z.string(),
  gzip_bytes: z.int(),
  zstd_bytes: z.int(),
  brotli_bytes: z.int(),
});

const commandSchema = z.looseObject({
  stdout: z.string(),
  truncated: z.boolean(),
});

export interface MeasuredFile extends SourceMeasures {
  readonly path: string;
}

export interface BatchValues {
  readonly files: readonly MeasuredFile[];
  /** Of all files together, by `wc -w`. */
  readonly words: number;
  /** What `git log` printed; null without a history. */
  readonly log: { readonly stdout: string; readonly truncated: boolean } | null;
}

/** Throws INTERNAL if an answer is not for what was asked at its place. All must have completed. */
export function readValues(
  work: Work,
  answers: readonly TaskAnswer[],
): BatchValues {
  const values = answers.map(({ value }) => value);
  const wc = commandSchema.parse(values.shift());
  const log = work.hasHistory ? commandSchema.parse(values.shift()) : null;
  const files = work.files.map(({ path }, index) => {
    const measured = measuresSchema.parse(values[index]);
    if (measured.path !== path)
      throw new BalancerError(
        "INTERNAL",
        `results are out of order: ${measured.path} came in the place of ${path}`,
      );
    return measured;
  });
  return { files, words: totalWords(wc.stdout), log };
}

/** The sum over all files, whether or not `wc` printed a total (it does not for a single file). */
function totalWords(output: string): number {
  const rows = output.split("\n").filter((line) => line.trim() !== "");
  const [, , words] = /^\s*(\d+)\s+(\d+)\s/.exec(rows.at(-1) ?? "") ?? [];
  return Number(words ?? 0);
}
