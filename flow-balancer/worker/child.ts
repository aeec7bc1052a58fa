/**
 * The worker process: reads messages from its parent, runs jobs, and ends when the parent does.
 * Nothing a task prints reaches file descriptor 1 by way of `console` or `process.stdout`; what
 * still does (a native library) lands in a pipe that the parent reads and throws away.
 */

import { plugin } from "bun";
import { writeSync } from "node:fs";
import { format } from "node:util";
import { defineTask } from "./define-task.ts";
import { JobRunner } from "./job-runner.ts";
import { describe } from "./kinds/import-error.ts";
import { packed, unpacked } from "./packed-message.ts";
import {
  PROTOCOL_VERSION,
  type FromWorker,
  type ToWorker,
  type WorkerSettings,
} from "./protocol.ts";

let runner: JobRunner | undefined;

const send = (message: FromWorker): void => {
  // The parent may be gone; then `disconnect` is on its way and nobody is left to tell.
  if (process.connected) process.send?.(packed(message));
};

function redirectPrinting(): void {
  const print = (...values: unknown[]): void =>
    runner?.print(`${format(...values)}\n`);
  for (const method of [
    "log",
    "info",
    "debug",
    "warn",
    "error",
    "trace",
  ] as const)
    console[method] = print;
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    runner?.print(
      typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk),
    );
    // (chunk, encoding?, callback?): who passed a callback may wait for it.
    const written = rest.find((argument) => typeof argument === "function");
    if (written !== undefined) queueMicrotask(written as () => void);
    return true;
  };
  process.stdout.write = write as typeof process.stdout.write;
  process.stderr.write = write as typeof process.stderr.write;
}

/** Ready is who can take a job: a worker that cannot enter the project never says so. */
function init(settings: WorkerSettings): void {
  process.chdir(settings.workDir);
  runner = new JobRunner(settings, send);
  send({
    type: "ready",
    protocol: PROTOCOL_VERSION,
    bun: Bun.version,
    pid: process.pid,
  });
}

function receive(message: ToWorker): void {
  switch (message.type) {
    case "init":
      init(message.settings);
      return;
    case "run":
      void runner?.run(message);
      return;
    case "describe":
      void runner?.describe(message.job, message.kind, message.source);
      return;
    case "cancel":
      runner?.cancel(message.job);
      return;
    case "drain":
      send({ type: "bye" });
      process.disconnect?.();
  }
}

// So that a task module can import it wherever it lives, installed or not.
plugin({
  name: "flow-balancer",
  setup: (build) => {
    build.module("flow-balancer/task", () => ({
      exports: { defineTask },
      loader: "object",
    }));
  },
});
redirectPrinting();
// A rejection nobody handles belongs to the task that runs; the process itself is sound.
process.on("unhandledRejection", (reason) =>
  runner?.print(`unhandled rejection: ${describe(reason)}\n`),
);
// Thrown where no task can catch it: the process is not to be trusted any more. Its last words say why.
process.on("uncaughtException", (thrown) => {
  const why = describe(thrown).replaceAll("\n", " ");
  writeSync(2, `uncaught: ${why}\n`);
  process.exit(1);
});
process.on("disconnect", () => process.exit(0));
process.on("exit", () => runner?.flush());
process.on("message", (raw) => receive(unpacked(raw) as ToWorker));
