/** JSON-RPC errors as this server words them. Tool failures are not these: they are results (tool-result.ts). */

import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { ERROR_RULES, toWireError } from "../core/errors.ts";

export const invalidParams = (message: string, data?: unknown): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message, data);

export const methodNotFound = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.MethodNotFound, message);

export const internalError = (message: string, data?: unknown): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InternalError, message, data);

/**
 * Anything thrown outside a tool as a JSON-RPC error: the caller's faults become -32602, ours -32603.
 * The wire error travels as `data`, so that the hint is not lost.
 */
export function asProtocolError(thrown: unknown): ProtocolError {
  if (thrown instanceof ProtocolError) return thrown;
  const error = toWireError(thrown);
  return ERROR_RULES[error.code].http < 500
    ? invalidParams(error.message, error)
    : internalError(error.message, error);
}
