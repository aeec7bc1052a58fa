/** Evidence as options of a command line: files and tasks by name, and one command, as the words after `--`. Pure. */

import { resolve } from "node:path";
import type { Evidence } from "../core/board.ts";
import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import { quoted } from "../core/quoted.ts";

export interface EvidenceOptions {
  readonly evidenceCommand?: true;
  readonly evidenceFile?: readonly string[];
  readonly evidenceTask?: readonly string[];
}

/** `argv`: the words after `--`. Paths are of where the command line is. Throws INVALID_ARGUMENT. */
export function evidenceOf(
  options: EvidenceOptions,
  argv: readonly string[],
  cwd: string,
): Evidence[] {
  const { evidenceCommand, evidenceFile = [], evidenceTask = [] } = options;
  if (evidenceCommand !== true && argv.length > 0)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `too many arguments: nothing takes ${quoted(argv.join(" "))}`,
      { hint: HINT },
    );
  if (evidenceCommand === true && argv.length === 0)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "--evidence-command needs a command",
      { hint: HINT },
    );
  refuseEmpty(evidenceFile, "--evidence-file: a path is needed");
  refuseEmpty(evidenceTask, "--evidence-task: an id is needed");
  return [
    ...(argv.length === 0 ? [] : [{ type: "command" as const, argv, cwd }]),
    ...evidenceFile.map((path) => ({
      type: "file" as const,
      path: resolve(cwd, path),
      sha256: null,
    })),
    ...evidenceTask.map((id) => ({ type: "task" as const, id: id as TaskId })),
  ];
}

/** A path that is empty would be the directory itself. */
function refuseEmpty(values: readonly string[], message: string): void {
  if (values.includes("")) throw new BalancerError("INVALID_ARGUMENT", message);
}

const HINT =
  "The command and its arguments come last, after '--': --evidence-command -- bun test";
