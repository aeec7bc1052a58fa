/**
 * What a worker says, checked before anything acts on it: a task's code can say whatever it likes
 * on the same channel. What passes has the types the protocol promises; whom it speaks of is the
 * reader's to check.
 */

import {
  ERROR_RULES,
  wireError,
  type ErrorCode,
  type WireError,
} from "../core/errors.ts";
import type { FromWorker, KindDescription, WorkerOutcome } from "./protocol.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Null for what is no message of the protocol. */
export function readMessage(
  raw: unknown,
  maxResultBytes: number,
): FromWorker | null {
  if (!isFields(raw)) return null;
  if (raw["type"] === "ready")
    return isAmount(raw["protocol"]) ? (raw as unknown as FromWorker) : null;
  if (raw["type"] === "bye" || raw["type"] === "turning")
    return { type: raw["type"] };
  if (raw["type"] === "lane_open" || raw["type"] === "lane_shrunk")
    return readOfLane(raw, raw["type"]);
  const { job } = raw;
  return Number.isSafeInteger(job)
    ? readOfJob(raw, job as number, maxResultBytes)
    : null;
}

function readOfLane(
  { lane, ok }: Fields,
  type: "lane_open" | "lane_shrunk",
): FromWorker | null {
  if (!isAmount(lane)) return null;
  if (type === "lane_shrunk") return { type, lane };
  return typeof ok === "boolean" ? { type, lane, ok } : null;
}

function readOfJob(
  raw: Fields,
  job: number,
  maxResultBytes: number,
): FromWorker | null {
  switch (raw["type"]) {
    case "heartbeat":
    case "bound":
      return { type: raw["type"], job };
    case "loaded": {
      const { loadMs } = raw;
      return isAmount(loadMs) ? { type: "loaded", job, loadMs } : null;
    }
    case "log": {
      const { message } = raw;
      return isText(message) ? { type: "log", job, message } : null;
    }
    case "output": {
      const { text, bytes, stray } = raw;
      return isText(text) && isAmount(bytes) && typeof stray === "boolean"
        ? { type: "output", job, text, bytes, stray }
        : null;
    }
    case "progress": {
      const { done, total, message } = raw;
      return Number.isFinite(done) &&
        (total === null || Number.isFinite(total)) &&
        (message === null || isText(message))
        ? (raw as unknown as FromWorker)
        : null;
    }
    case "state": {
      const { json } = raw;
      return isJsonObject(json, maxResultBytes)
        ? { type: "state", job, json }
        : null;
    }
    case "result": {
      const { runMs } = raw;
      const outcome = readOutcome(raw["outcome"], maxResultBytes);
      return outcome !== null && isAmount(runMs)
        ? { type: "result", job, outcome, runMs }
        : null;
    }
    case "result_bulk": {
      const { runMs, ref } = raw;
      return isAmount(runMs) ? { type: "result_bulk", job, runMs, ref } : null;
    }
    case "described":
      return readDescribed(raw, job);
    default:
      return null;
  }
}

function readOutcome(
  raw: unknown,
  maxResultBytes: number,
): WorkerOutcome | null {
  if (!isFields(raw)) return null;
  const { status, valueJson } = raw;
  if (status === "cancelled") return { status };
  if (status === "completed")
    return isJson(valueJson, maxResultBytes) ? { status, valueJson } : null;
  if (status !== "failed") return null;
  const error = readError(raw["error"]);
  return error !== null &&
    (valueJson === null || isJson(valueJson, maxResultBytes))
    ? { status, error, valueJson }
    : null;
}

function readDescribed(raw: Fields, job: number): FromWorker | null {
  const { description, error } = raw;
  if (error !== null) {
    const read = readError(error);
    return read === null
      ? null
      : { type: "described", job, description: null, error: read };
  }
  return isDescription(description)
    ? { type: "described", job, description, error: null }
    : null;
}

/** Made anew: whether trying again can help is the table's to say. */
function readError(raw: unknown): WireError | null {
  if (!isFields(raw)) return null;
  const { code, message, hint } = raw;
  return isText(code) &&
    Object.hasOwn(ERROR_RULES, code) &&
    isText(message) &&
    (hint === undefined || isText(hint))
    ? wireError(code as ErrorCode, message, hint)
    : null;
}

const isDescription = (raw: unknown): raw is KindDescription =>
  isFields(raw) &&
  (raw["description"] === null || isText(raw["description"])) &&
  (raw["inputSchema"] === null || isFields(raw["inputSchema"]));

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isAmount = (value: unknown): value is number =>
  Number.isFinite(value) && (value as number) >= 0;

/** No more characters than bytes are allowed: what the worker itself encoded always passes. */
export const isJson = (value: unknown, maxBytes: number): value is string =>
  parsed(value, maxBytes) !== undefined;

const isJsonObject = (value: unknown, maxBytes: number): value is string =>
  isFields(parsed(value, maxBytes));

/** Undefined for what is no JSON text, or too long. */
function parsed(value: unknown, maxBytes: number): unknown {
  if (!isText(value) || value.length > maxBytes) return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
