/** Runs a command of somebody's evidence and says what was seen: an argument array, in a group of its own, within a time and with little of its output. */

import { resolve } from "node:path";
import { elapsed } from "../commands/elapsed.ts";
import { EXIT } from "../commands/answer.ts";
import { printable } from "../core/printable.ts";
import { OutputCapture } from "../worker/kinds/output-capture.ts";
import { signalGroup } from "../worker/process-tree.ts";

export interface CheckCommandOptions {
  /** Where a command runs that names no directory, and what a relative one is relative to. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

interface Seen {
  readonly ok: boolean;
  readonly seen: string;
}

/** Of stdout and stderr together. */
const KEPT_BYTES = 4_096;
const SHOWN_CHARS = 200;
/** A grandchild can hold a pipe open for ever; what the command printed is there well before this. */
const PIPE_PATIENCE_MS = 200;

/** Never rejects for what the command does. */
export async function checkCommand(
  argv: readonly string[],
  cwd: string | null,
  options: CheckCommandOptions,
): Promise<Seen> {
  const { root, environment, timeoutMs } = options;
  let child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  try {
    child = Bun.spawn([...argv], {
      cwd: cwd === null ? root : resolve(root, cwd),
      env: environment,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (thrown) {
    return {
      ok: false,
      seen: `could not be started: ${printable((thrown as Error).message)}`,
    };
  }
  const capture = new OutputCapture(KEPT_BYTES);
  const reading = [drain(child.stdout, capture), drain(child.stderr, capture)];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    signalGroup(child.pid, "SIGKILL");
  }, timeoutMs);
  const stopListening = endWithUs(child.pid);
  await child.exited;
  clearTimeout(timer);
  stopListening();
  signalGroup(child.pid, "SIGKILL");
  await Promise.race([Promise.all(reading), Bun.sleep(PIPE_PATIENCE_MS)]);
  if (isLate)
    return { ok: false, seen: `did not end within ${elapsed(timeoutMs)}` };
  return {
    ok: child.exitCode === 0,
    seen: `${howItEnded(child)}${lastLine(capture.text())}`,
  };
}

const howItEnded = ({
  exitCode,
  signalCode,
}: {
  readonly exitCode: number | null;
  readonly signalCode: unknown;
}): string =>
  signalCode === null || signalCode === undefined
    ? `exited with ${exitCode}`
    : `was ended by ${String(signalCode)}`;

function lastLine(text: string): string {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return line === "" ? "" : `: ${printable(line.slice(0, SHOWN_CHARS))}`;
}

async function drain(
  stream: ReadableStream<Uint8Array>,
  capture: OutputCapture,
): Promise<void> {
  for await (const chunk of stream) capture.add(chunk);
}

/** A group of its own hears nothing of the terminal's Ctrl-C: it is told. */
function endWithUs(leader: number): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    signalGroup(leader, "SIGKILL");
    process.exit(signal === "SIGINT" ? EXIT.interrupted : 143);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  };
}
