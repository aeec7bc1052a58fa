/**
 * The built-in kind `shell`: one command, given as an argument array, in a process group of its
 * own. Whatever of that group is left when the command ends is ended with it; a cancelled
 * command takes its whole tree along, daemons included.
 */

import { wireError, type WireError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import { killMarked, signalGroup, TASK_VARIABLE } from "../process-tree.ts";
import { describe } from "./import-error.ts";
import type { JobContext, KindOutcome, LoadedKind } from "./loaded-kind.ts";
import { OutputCapture } from "./output-capture.ts";
import {
  parseShellInput,
  SHELL_SCHEMA,
  type ShellCommand,
} from "./shell-input.ts";

/** A grandchild can hold the pipe open for ever; what a command printed is there well before this. */
const PIPE_PATIENCE_MS = 200;

export const shellKind: LoadedKind = {
  description: {
    description:
      "One command as an argument array (no shell reads it); value {exit_code, signal, stdout, stderr, truncated}.",
    inputSchema: SHELL_SCHEMA as unknown as Record<string, JsonValue>,
  },
  run: runShell,
};

async function runShell(input: unknown, job: JobContext): Promise<KindOutcome> {
  const command = parseShellInput(input, job.settings, process.env);
  try {
    return await runCommand(command, job);
  } catch (thrown) {
    return { ok: false, error: startError(command.argv[0], thrown) };
  }
}

function startError(program: string, thrown: unknown): WireError {
  const name = program.slice(0, 80);
  return (thrown as { code?: unknown }).code === "E2BIG"
    ? wireError(
        "ARG_TOO_LONG",
        `/argv: all arguments together with the environment are more than the kernel takes for '${name}'`,
        "Pass them by stdin or in a file, or divide them among several tasks.",
      )
    : wireError(
        "EXEC_FAILED",
        `'${name}' could not be started: ${describe(thrown)}`,
      );
}

async function runCommand(
  command: ShellCommand,
  job: JobContext,
): Promise<KindOutcome> {
  const child = Bun.spawn([command.program, ...command.argv.slice(1)], {
    argv0: command.argv[0],
    cwd: command.cwd,
    env: { ...traceOf(job), ...command.env, [TASK_VARIABLE]: job.task.taskId },
    stdin: command.stdin === null ? "ignore" : Buffer.from(command.stdin),
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const stop = endOnAbort(child.pid, job);
  const stdout = new OutputCapture(command.maxOutputBytes);
  const stderr = new OutputCapture(command.maxOutputBytes);
  const reading = [
    drain(child.stdout, stdout, job),
    drain(child.stderr, stderr, job),
  ];
  await child.exited;
  signalGroup(child.pid, "SIGKILL");
  await Promise.race([
    Promise.all(reading.map((stream) => stream.done)),
    Bun.sleep(PIPE_PATIENCE_MS),
  ]);
  for (const stream of reading) stream.cancel();
  stop();
  const value = {
    exit_code: child.signalCode === null ? child.exitCode : null,
    signal: child.signalCode === null ? null : String(child.signalCode),
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: stdout.truncated || stderr.truncated,
  };
  return child.exitCode !== null &&
    child.signalCode === null &&
    command.okExitCodes.includes(child.exitCode)
    ? { ok: true, value }
    : { ok: false, value, error: exitError(command.argv[0], value) };
}

/** As programs that speak OpenTelemetry look for it; what a task asks for itself goes before. */
const traceOf = ({ task }: JobContext): Record<string, string> =>
  task.traceparent === null ? {} : { TRACEPARENT: task.traceparent };

function exitError(
  program: string,
  value: { exit_code: number | null; signal: string | null; stderr: string },
) {
  const how =
    value.signal === null
      ? `exited with code ${value.exit_code}`
      : `was ended by ${value.signal}`;
  const said = value.stderr.trimEnd().split("\n").at(-1) ?? "";
  return wireError(
    "NON_ZERO_EXIT",
    `'${program.slice(0, 80)}' ${how}${said === "" ? "" : `: ${said.slice(0, 200)}`}`,
    "The value has its output; name the exit codes that are fine in ok_exit_codes.",
  );
}

/** On abort: SIGTERM to the group, half the grace later SIGKILL to it and to all that left it. */
function endOnAbort(leader: number, job: JobContext): () => void {
  let timer: Timer | undefined;
  const end = (): void => {
    signalGroup(leader, "SIGKILL");
    // The whole value: one task's id may be how another's begins.
    killMarked(TASK_VARIABLE, `${job.task.taskId}\0`);
  };
  const onAbort = (): void => {
    signalGroup(leader, "SIGTERM");
    timer = setTimeout(end, job.settings.cancelGraceMs / 2);
  };
  if (job.task.signal.aborted) onAbort();
  else job.task.signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    job.task.signal.removeEventListener("abort", onAbort);
    if (job.task.signal.aborted) end();
  };
}

function drain(
  stream: ReadableStream<Uint8Array>,
  capture: OutputCapture,
  job: JobContext,
): { readonly done: Promise<void>; cancel(): void } {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const pump = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      capture.add(value);
      job.print(decoder.decode(value, { stream: true }));
    }
  };
  return {
    // A reader cancelled in the middle ends like a stream that ended.
    done: pump().catch(() => {}),
    cancel: () => void reader.cancel().catch(() => {}),
  };
}
