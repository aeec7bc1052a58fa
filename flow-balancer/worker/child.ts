/**
 * The worker process: reads messages from its parent, runs jobs, and ends when the parent does.
 * Nothing a task prints reaches file descriptor 1 by way of `console` or `process.stdout`; what
 * still does (a native library) is thrown away.
 */

import { plugin } from "bun";
import { writeSync } from "node:fs";
import { format } from "node:util";
import { wireError } from "../core/errors.ts";
import { MIN_LANE_CHARS, type BulkRef } from "./bulk-lane.ts";
import { boundedSend, type Send } from "./bounded-send.ts";
import { defineTask } from "./define-task.ts";
import { isFrame, MAX_FRAMED_CHARS, readRuns, ResultFrame } from "./frames.ts";
import { JobRunner } from "./job-runner.ts";
import { describe } from "./kinds/import-error.ts";
import { packed, unpacked } from "./packed-message.ts";
import {
  BEAT_MS,
  PROTOCOL_VERSION,
  type FromWorker,
  type PageTicket,
  type ToWorker,
  type WorkerOutcome,
  type WorkerSettings,
} from "./protocol.ts";
import { mapSharedFile } from "./shared-file.ts";
import { StatusPageWriter } from "./status-page.ts";
import { WorkerLanes } from "./worker-lanes.ts";

/** Ours; tasks have one that is bounded. */
const sendToParent = process.send?.bind(process) as Send | undefined;
let runner: JobRunner | undefined;
let page: StatusPageWriter | null = null;
const lanes = new WorkerLanes((message) => send(message));
/** Results of short tasks that go together. */
const results = new ResultFrame();
let flushPlanned = false;
/** While the tasks of a frame are started, one after another: since when. */
let frameSince: number | null = null;
/** A result waits no longer than this for the other tasks of its frame. */
const MAX_HOLD_MS = 1;

function flushResults(): void {
  flushPlanned = false;
  if (!results.isEmpty) post(results.take());
}

const post = (message: object | string): void => {
  // The parent may be gone; then `disconnect` is on its way and nobody is left to tell.
  if (process.connected) sendToParent?.(message);
};

/** In the order they are said: what was gathered goes first. */
const send = (message: FromWorker): void => {
  flushResults();
  post(packed(message));
};

const longValue = (outcome: WorkerOutcome): BulkRef | null =>
  outcome.status === "completed" && outcome.valueJson.length >= MIN_LANE_CHARS
    ? lanes.write(outcome.valueJson)
    : null;

function result(job: number, outcome: WorkerOutcome, runMs: number): void {
  if (
    outcome.status !== "completed" ||
    outcome.valueJson.length > MAX_FRAMED_CHARS
  ) {
    const ref = longValue(outcome);
    page?.answered(job);
    send(
      ref === null
        ? { type: "result", job, outcome, runMs }
        : { type: "result_bulk", job, runMs, ref },
    );
    return;
  }
  page?.answered(job);
  results.result(job, runMs, outcome.valueJson);
  const isSlow =
    frameSince !== null && performance.now() - frameSince > MAX_HOLD_MS;
  if (results.isFull || isSlow) flushResults();
  else if (!flushPlanned) {
    flushPlanned = true;
    // After everything that is ready now: those that end in the same turn go together.
    process.nextTick(flushResults);
  }
}

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

function openPage(ticket: PageTicket | null): StatusPageWriter | null {
  const memory = ticket === null ? null : mapSharedFile(ticket.file);
  if (ticket === null || memory === null) return null;
  const opened = new StatusPageWriter(memory, {
    generation: ticket.generation,
    beatEveryMs: BEAT_MS,
    now: Date.now,
    mono: () => performance.now(),
  });
  setInterval(() => opened.beat(), BEAT_MS).unref();
  opened.ready();
  return opened;
}

function runBulk({
  ref,
  ...request
}: Extract<ToWorker, { type: "run_bulk" }>): void {
  let inputJson: string;
  try {
    inputJson = lanes.read(ref);
  } catch (thrown) {
    const error = wireError("PAYLOAD_DAMAGED", describe(thrown));
    page?.accepted(request.job);
    result(request.job, { status: "failed", error, valueJson: null }, 0);
    return;
  }
  runner?.run({ ...request, inputJson });
}

/** Ready is who can take a job: a worker that cannot enter the project never says so. */
function init(settings: WorkerSettings, ticket: PageTicket | null): void {
  process.chdir(settings.workDir);
  page = openPage(ticket);
  runner = new JobRunner(settings, { send, result }, page);
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
      init(message.settings, message.page);
      return;
    case "kind":
      runner?.introduce(message);
      return;
    case "session":
      runner?.restore(message.session, message.json);
      return;
    case "run":
      runner?.run(message);
      return;
    case "run_bulk":
      runBulk(message);
      return;
    case "lane":
      lanes.open(message.to, message.ticket);
      return;
    case "lane_drop":
      lanes.drop(message.lane);
      return;
    case "lane_shrink":
      lanes.shrink();
      return;
    case "describe":
      void runner?.describe(message.job, message.kind);
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
if (sendToParent !== undefined) process.send = boundedSend(sendToParent);
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
process.on("exit", () => {
  runner?.flush();
  flushResults();
});
process.on("message", (raw) => {
  if (isFrame(raw)) {
    frameSince = performance.now();
    readRuns(raw, (run) => runner?.run(run));
    frameSince = null;
  } else receive(unpacked(raw) as ToWorker);
});
