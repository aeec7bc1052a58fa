/**
 * The one error class and the one table of codes. A task's outcome is a value
 * (see task.ts); an exception is a refusal or a defect. The table decides
 * whether trying again can help and which HTTP status a refusal has.
 */

interface ErrorRule {
  /** The same call may succeed later without a change. */
  readonly retryable: boolean;
  readonly http: number;
}

const refused: ErrorRule = { retryable: false, http: 400 };
const missing: ErrorRule = { retryable: false, http: 404 };
const conflict: ErrorRule = { retryable: false, http: 409 };
const later: ErrorRule = { retryable: true, http: 503 };
const defect: ErrorRule = { retryable: false, http: 500 };

export const ERROR_RULES = {
  INVALID_ARGUMENT: refused,
  OUT_OF_RANGE: refused,
  FORBIDDEN_KEY: refused,
  INPUT_TOO_DEEP: refused,
  PAYLOAD_TOO_LARGE: { retryable: false, http: 413 },
  UNKNOWN_KIND: missing,
  NOT_FOUND: missing,
  ALREADY_FINISHED: conflict,
  IDEMPOTENCY_CONFLICT: conflict,
  NOT_OWNER: conflict,
  NOT_PROVEN: conflict,
  VERSION_CONFLICT: { retryable: true, http: 409 },
  SESSION_CLOSED: conflict,
  INVALID_COMMAND: refused,
  COMMAND_NOT_FOUND: refused,
  ARG_TOO_LONG: refused,
  EXEC_FAILED: refused,
  CWD_OUTSIDE_ROOTS: { retryable: false, http: 403 },
  CWD_MISSING: refused,
  ENV_NOT_ALLOWED: refused,
  NON_ZERO_EXIT: refused,
  INVALID_INPUT: refused,
  MODULE_NOT_FOUND: refused,
  MODULE_SYNTAX: refused,
  MODULE_IMPORT: refused,
  MODULE_CONTRACT: refused,
  START_TIMEOUT: refused,
  TASK_THREW: refused,
  TASK_TIMEOUT: { retryable: true, http: 504 },
  CANCELLED: refused,
  DEPENDENCY_FAILED: conflict,
  DEPENDENCY_CYCLE: refused,
  RESULT_NOT_SERIALIZABLE: refused,
  MEMORY_LIMIT: refused,
  POISONED: refused,
  WORKER_EXITED: { retryable: true, http: 502 },
  UNKNOWN_OUTCOME: conflict,
  QUEUE_FULL: { retryable: true, http: 429 },
  DEADLINE_UNREACHABLE: { retryable: true, http: 503 },
  DEADLINE_PASSED: { retryable: true, http: 504 },
  SHUTTING_DOWN: later,
  SPAWN_FAILED: later,
  STORAGE_FULL: later,
  STORAGE_BUSY: later,
  STORAGE_FAILED: later,
  STORAGE_DAMAGED: defect,
  SCHEMA_TOO_NEW: refused,
  PAYLOAD_DAMAGED: defect,
  INVALID_CONFIG: refused,
  CLIENT_FILE: conflict,
  UNSAFE_PERMISSIONS: refused,
  UNAUTHORIZED: { retryable: false, http: 401 },
  TOO_MANY_ATTEMPTS: { retryable: true, http: 429 },
  FOREIGN_REQUEST: { retryable: false, http: 403 },
  READ_ONLY: { retryable: false, http: 403 },
  METHOD_NOT_ALLOWED: { retryable: false, http: 405 },
  UNSUPPORTED_MEDIA_TYPE: { retryable: false, http: 415 },
  TOO_MANY_STREAMS: later,
  NOT_AVAILABLE: later,
  INTERNAL: defect,
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERROR_RULES;

/** The shape every error has once it leaves the process: to a row, a client or a log. */
export interface WireError {
  readonly code: ErrorCode;
  /** What was wrong, where, and the limit. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  readonly retryable: boolean;
  /** Where it is known: after so long the same call is expected to be admitted. */
  readonly retry_after_ms?: number;
}

export interface ErrorDetails {
  readonly hint?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class BalancerError extends Error {
  override readonly name = "BalancerError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
  }

  get retryable(): boolean {
    return ERROR_RULES[this.code].retryable;
  }

  get httpStatus(): number {
    return ERROR_RULES[this.code].http;
  }
}

export function wireError(
  code: ErrorCode,
  message: string,
  hint?: string,
): WireError {
  const { retryable } = ERROR_RULES[code];
  return hint === undefined
    ? { code, message, retryable }
    : { code, message, hint, retryable };
}

/** Any thrown value as a wire error; what is not ours becomes INTERNAL and keeps its text, not its stack. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof BalancerError)
    return thrown.retryAfterMs === undefined
      ? wireError(thrown.code, thrown.message, thrown.hint)
      : {
          ...wireError(thrown.code, thrown.message, thrown.hint),
          retry_after_ms: thrown.retryAfterMs,
        };
  return wireError(
    "INTERNAL",
    thrown instanceof Error ? thrown.message : String(thrown),
    "This is a defect in the server; please report it with what you called.",
  );
}
