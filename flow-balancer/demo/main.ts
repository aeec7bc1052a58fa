/** The demo's entry: arguments in, tables or JSON on stdout, everything else on stderr, an exit code. */

import { availableParallelism } from "node:os";
import { BalancerError, toWireError } from "../core/errors.ts";
import { createPaint } from "../core/paint.ts";
import { DEMO_HELP, parseDemoArguments } from "./options.ts";
import { createProgress } from "./progress-bar.ts";
import { renderReport } from "./render-report.ts";
import { runDemo } from "./run-demo.ts";

const FAILED = 1;
const USAGE = 2;
/** Shells add the signal's number to 128. */
const SIGNAL_EXITS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** For output that goes to no terminal. */
const DEFAULT_WIDTH = 80;
/** What the report needs; a narrower terminal breaks its lines itself. */
const MIN_WIDTH = 60;
/** Wider lines are hard to follow. */
const MAX_WIDTH = 110;

async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  let interrupted: number | null = null;
  for (const [signal, code] of Object.entries(SIGNAL_EXITS))
    process.on(signal, () => {
      // The second time somebody is impatient; the servers end by themselves when their stdin does.
      if (interrupted !== null) process.exit(code);
      interrupted = code;
      stop.abort(new Error(`stopped by ${signal}`));
    });
  const { stderr } = process;
  const progress = createProgress({
    isTTY: stderr.isTTY && process.env["TERM"] !== "dumb",
    columns: stderr.columns || DEFAULT_WIDTH,
    write: (text) => void stderr.write(text),
  });
  try {
    const command = parseDemoArguments(argv, {
      cwd: process.cwd(),
      cpus: availableParallelism(),
    });
    if (command.type === "help") return print(DEMO_HELP);
    const { options } = command;
    const report = await runDemo(options, stop.signal, progress);
    progress.end();
    await print(
      options.json
        ? `${JSON.stringify(report, null, 2)}\n`
        : renderReport(
            report,
            widthOf(process.stdout.columns),
            createPaint(process.stdout.isTTY, process.env),
          ),
    );
    return report.ok ? 0 : FAILED;
  } catch (thrown) {
    progress.end();
    if (interrupted !== null) return interrupted;
    const { message, hint } = toWireError(thrown);
    stderr.write(`demo: ${[message, ...(hint ? [hint] : [])].join("\n")}\n`);
    return thrown instanceof BalancerError && thrown.code === "INVALID_ARGUMENT"
      ? USAGE
      : FAILED;
  }
}

const widthOf = (columns: number | undefined): number =>
  Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns || DEFAULT_WIDTH));

async function print(text: string): Promise<number> {
  await Bun.write(Bun.stdout, text);
  return 0;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
