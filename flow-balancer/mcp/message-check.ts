/**
 * Whether a parsed value is one JSON-RPC message the SDK will answer. The SDK drops anything else without a word,
 * so what passes here must pass there: the rules are its schemas', worded for whoever sent it.
 */

import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { MAX_DEPTH } from "../core/json.ts";

/**
 * Arguments may nest MAX_DEPTH deep and are refused beyond it where they are read, as a tool error; this bound only
 * keeps the rest of a message from overflowing a stack.
 */
export const MAX_MESSAGE_DEPTH = 2 * MAX_DEPTH;

export type RequestId = string | number;

type Checked =
  | { readonly kind: "message"; readonly message: JSONRPCMessage }
  /** To be answered under `id`; null when the sender's own id cannot be told. */
  | {
      readonly kind: "refused";
      readonly id: RequestId | null;
      readonly code: number;
      readonly message: string;
    }
  /** A reply nobody can have asked for: answering it could go on for ever. */
  | { readonly kind: "ignored"; readonly why: string };

const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;

const REQUEST_KEYS = new Set(["jsonrpc", "id", "method", "params"]);
const REPLY_KEYS = new Set(["jsonrpc", "id", "result", "error"]);

export function checkMessage(value: unknown): Checked {
  if (Array.isArray(value))
    return refused(
      null,
      "batches are not supported: send each message on its own",
    );
  if (!isObject(value))
    return refused(null, `a message must be an object, got ${typeName(value)}`);
  if (!("method" in value) && ("result" in value || "error" in value))
    return checkReply(value);
  const id = isId(value["id"]) ? value["id"] : null;
  if (value["jsonrpc"] !== "2.0") return refused(id, 'jsonrpc must be "2.0"');
  if (typeof value["method"] !== "string")
    return refused(
      id,
      "method" in value
        ? `method must be a string, got ${typeName(value["method"])}`
        : "method is missing",
    );
  if ("id" in value && id === null)
    return refused(
      null,
      `id must be a string or an integer, got ${typeName(value["id"])}`,
    );
  if (deeperThan(value, MAX_MESSAGE_DEPTH))
    return refused(id, `nesting exceeds ${MAX_MESSAGE_DEPTH} levels`);
  const problem = paramsProblem(value["params"]);
  if (problem !== null) return refused(id, problem, INVALID_PARAMS);
  return passed(value, REQUEST_KEYS);
}

function checkReply(value: Record<string, unknown>): Checked {
  const ignored = (why: string): Checked => ({ kind: "ignored", why });
  if (value["jsonrpc"] !== "2.0")
    return ignored('a reply without jsonrpc "2.0"');
  if (!isId(value["id"])) return ignored("a reply without a valid id");
  if ("result" in value) {
    if ("error" in value) return ignored("a reply with both result and error");
    const { result } = value;
    if (!isObject(result))
      return ignored("a reply whose result is not an object");
    const problem = metaProblem("result", result["_meta"]);
    if (problem !== null) return ignored(problem);
  } else {
    const { error } = value;
    if (
      !isObject(error) ||
      !Number.isInteger(error["code"]) ||
      typeof error["message"] !== "string"
    )
      return ignored("a reply whose error has no code and message");
  }
  if (deeperThan(value, MAX_MESSAGE_DEPTH))
    return ignored(`a reply nested deeper than ${MAX_MESSAGE_DEPTH} levels`);
  return passed(value, REPLY_KEYS);
}

function paramsProblem(params: unknown): string | null {
  if (params === undefined) return null;
  if (!isObject(params))
    return `params must be an object, got ${typeName(params)}`;
  return metaProblem("params", params["_meta"]);
}

function metaProblem(where: string, meta: unknown): string | null {
  if (meta === undefined) return null;
  if (!isObject(meta))
    return `${where}._meta must be an object, got ${typeName(meta)}`;
  const token = meta["progressToken"];
  if (token !== undefined && !isId(token))
    return `${where}._meta.progressToken must be a string or an integer, got ${typeName(token)}`;
  const related = meta["io.modelcontextprotocol/related-task"];
  if (
    related !== undefined &&
    (!isObject(related) || typeof related["taskId"] !== "string")
  )
    return `${where}._meta['io.modelcontextprotocol/related-task'] must be an object with a taskId`;
  return null;
}

/** Members JSON-RPC does not know are dropped, as it lets us; the SDK would drop the message. */
function passed(
  value: Record<string, unknown>,
  known: ReadonlySet<string>,
): Checked {
  for (const key in value)
    if (!known.has(key)) {
      const kept = Object.entries(value).filter(([name]) => known.has(name));
      return {
        kind: "message",
        message: Object.fromEntries(kept) as unknown as JSONRPCMessage,
      };
    }
  return { kind: "message", message: value as unknown as JSONRPCMessage };
}

const refused = (
  id: RequestId | null,
  message: string,
  code = INVALID_REQUEST,
): Checked => ({ kind: "refused", id, code, message });

export const isId = (value: unknown): value is RequestId =>
  typeof value === "string" || Number.isSafeInteger(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isInteger(value))
    return "a fraction";
  return value === undefined
    ? "nothing"
    : typeof value === "object"
      ? "an object"
      : `a ${typeof value}`;
}

/** Recursion ends at the limit, so it cannot overflow whatever the value holds. */
function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (deeperThan(item, levels - 1)) return true;
    return false;
  }
  for (const key in value)
    if (deeperThan((value as Record<string, unknown>)[key], levels - 1))
      return true;
  return false;
}
