/**
 * Runs a person's program for an alert: its arguments as they stand, no shell, the alert as JSON on stdin.
 * It has a process group of its own, which is ended as a whole when its time is up.
 */

import type { AlertHook } from "./alert-notice.ts";

export interface CommandHookOptions {
  readonly argv: readonly string[];
  /** All that it sees of the server's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Default: 10 s. */
  readonly boundMs?: number;
}

const BOUND_MS = 10_000;
/** Of what it says on stderr, for the log. */
const MAX_WORDS = 500;
/** They may arrive after its end. */
const LAST_WORDS_MS = 200;

export function commandHook({
  argv,
  environment,
  cwd,
  boundMs = BOUND_MS,
}: CommandHookOptions): AlertHook {
  return async (notice, signal) => {
    const late = AbortSignal.timeout(boundMs);
    const child = Bun.spawn([...argv], {
      cwd,
      env: { ...environment },
      stdin: new TextEncoder().encode(`${JSON.stringify(notice)}\n`),
      stdout: "ignore",
      stderr: "pipe",
      detached: true,
    });
    const words = firstWords(child.stderr);
    const end = (): void => endGroup(child.pid);
    const either = AbortSignal.any([late, signal]);
    either.addEventListener("abort", end, { once: true });
    if (either.aborted) end();
    const exitCode = await child.exited;
    either.removeEventListener("abort", end);
    const isLate = late.aborted;
    const said = await words.stop();
    if (isLate) throw new Error(`it did not end within ${boundMs} ms`);
    if (signal.aborted) throw new Error("the server was stopped meanwhile");
    if (exitCode === 0) return;
    throw new Error(
      `it ended with ${child.signalCode ?? `exit code ${exitCode}`}${said === "" ? "" : `: ${said}`}`,
    );
  };
}

/** Reads on and on, so that who writes is not held up; keeps the beginning. */
function firstWords(stream: ReadableStream<Uint8Array>): {
  stop(): Promise<string>;
} {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let words = "";
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (words.length < MAX_WORDS)
        words += decoder.decode(value, { stream: true });
    }
  };
  const all = read().catch(() => {});
  return {
    async stop() {
      // What it left running may hold the stream open.
      await Promise.race([all, Bun.sleep(LAST_WORDS_MS)]);
      void reader.cancel().catch(() => {});
      return words.slice(0, MAX_WORDS).trim();
    },
  };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
