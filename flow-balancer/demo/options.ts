/** The demo's command line. */

import { BalancerError } from "../core/errors.ts";

export interface DemoOptions {
  /** Any folder inside the repository. */
  readonly repo: string;
  readonly workers: number;
  readonly json: boolean;
}

export type DemoCommand =
  | { readonly type: "run"; readonly options: DemoOptions }
  | { readonly type: "help" };

/** The work is bound by processors; more workers than this the demo's work could not feed. */
const MAX_DEFAULT_WORKERS = 16;
const MAX_WORKERS = 64;

export const DEMO_HELP = `usage: demo [--repo DIR] [--workers N] [--json]

Analyses every tracked source file of a git repository on parallel worker
processes, then the same with one worker, and checks the results.

  --repo DIR    the repository; the one you stand in by default
  --workers N   1..${MAX_WORKERS}; as many as there are processors by default
  --json        one JSON object on stdout instead of the tables
`;

/** Throws INVALID_ARGUMENT. */
export function parseDemoArguments(
  argv: readonly string[],
  defaults: { readonly cwd: string; readonly cpus: number },
): DemoCommand {
  let repo = defaults.cwd;
  // With one processor, two workers show at least that nothing is won by them.
  let workers = Math.min(MAX_DEFAULT_WORKERS, Math.max(2, defaults.cpus));
  let json = false;
  const words = argv.flatMap((word) => {
    const equals = word.indexOf("=");
    return word.startsWith("--") && equals > 0
      ? [word.slice(0, equals), word.slice(equals + 1)]
      : [word];
  });
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    switch (word) {
      case "--help":
      case "-h":
        return { type: "help" };
      case "--json":
        json = true;
        break;
      case "--repo":
        repo = valueOf(word, words[++at]);
        break;
      case "--workers":
        workers = workerCount(valueOf(word, words[++at]));
        break;
      default:
        throw usage(`unknown argument '${word.slice(0, 80)}'`);
    }
  }
  return { type: "run", options: { repo, workers, json } };
}

function valueOf(option: string, value: string | undefined): string {
  if (value === undefined || value === "")
    throw usage(`${option} needs a value`);
  return value;
}

function workerCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MAX_WORKERS)
    throw usage(
      `--workers must be 1..${MAX_WORKERS}, got '${text.slice(0, 80)}'`,
    );
  return count;
}

const usage = (message: string): BalancerError =>
  new BalancerError("INVALID_ARGUMENT", message, {
    hint: "--help shows what there is.",
  });
