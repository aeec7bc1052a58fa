/** The demo from a folder to a report: which files, measured how, checked against what. */

import { availableParallelism } from "node:os";
import { BalancerError } from "../core/errors.ts";
import { readValues, type Work } from "./batch.ts";
import { checkResults } from "./checks.ts";
import { openRepository } from "./git.ts";
import { readHistory } from "./history.ts";
import { measure } from "./measure.ts";
import type { DemoOptions } from "./options.ts";
import type { Progress } from "./progress-bar.ts";
import {
  type DemoReport,
  languagesOf,
  speedupOf,
  taskFigures,
  topFiles,
  totalsOf,
} from "./report.ts";
import { isUnchanged, selectFiles } from "./select-files.ts";

/**
 * Throws a BalancerError: INVALID_ARGUMENT for a folder that is no repository, NOT_FOUND where there
 * is nothing to analyse, otherwise what went wrong. Rejects soon after the signal fires.
 */
export async function runDemo(
  options: DemoOptions,
  signal: AbortSignal,
  progress: Progress,
): Promise<DemoReport> {
  progress.begin("reading the list of files");
  const repository = await openRepository(options.repo);
  const { root, isShallow } = repository;
  const paths = await repository.trackedPaths();
  const { files, leftOut } = selectFiles(root, paths);
  if (files.length === 0)
    throw new BalancerError(
      "NOT_FOUND",
      `${root} has no tracked text files (${paths.length} tracked in all)`,
      { hint: "Add some with git add, or name another with --repo DIR." },
    );
  const hasHistory = (await repository.countCommits(1)) > 0;
  const work: Work = { root, files, hasHistory };
  const measured = await measure(work, options.workers, signal, progress);

  progress.begin("checking the results");
  const values = readValues(work, measured.parallel[0]?.answers ?? []);
  const { log } = values;
  const history =
    log === null
      ? null
      : readHistory(log.stdout, { isShallow, cut: log.truncated });
  // Half a log has no count of commits to compare.
  const whole = log?.truncated ? null : history;
  const unchanged = values.files.filter((_, index) => {
    const file = files[index];
    return file !== undefined && isUnchanged(root, file);
  });
  const checks = await checkResults(repository, unchanged, whole);
  signal.throwIfAborted();
  return {
    schema: 1,
    repo: root,
    machine: {
      cpus: availableParallelism(),
      bun: Bun.version,
      platform: `${process.platform}-${process.arch}`,
    },
    protocol: measured.protocol,
    files: {
      analysed: files.length,
      words: values.words,
      changed_meanwhile: files.length - unchanged.length,
      left_out: leftOut,
    },
    totals: totalsOf(values.files),
    languages: languagesOf(values.files),
    top_files: topFiles(values.files),
    history,
    tasks: taskFigures(measured),
    speedup: speedupOf(measured),
    checks,
    ok: unchanged.length > 0 && checks.every(({ ok }) => ok),
  };
}
