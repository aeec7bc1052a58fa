/**
 * Which log messages one connection wants: a legacy client sets a level for all that follows (all pass until it
 * does), a modern one asks for it on the request itself (nothing passes unless it does).
 */

import {
  LOG_LEVEL_META_KEY,
  type LoggingLevel,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { Era } from "./catalog.ts";
import { invalidParams } from "./refusal.ts";

const LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] satisfies LoggingLevel[];

export class LogGate {
  readonly #era: Era;
  #threshold = 0;

  constructor(era: Era) {
    this.#era = era;
  }

  /** logging/setLevel; throws -32602 for a level there is not. */
  setLevel(level: unknown): void {
    const severity = LEVELS.indexOf(String(level));
    if (severity < 0)
      throw invalidParams(`level must be one of ${LEVELS.join(", ")}`);
    this.#threshold = severity;
  }

  passes(level: LoggingLevel, sdk: ServerContext): boolean {
    const severity = LEVELS.indexOf(level);
    if (this.#era === "legacy") return severity >= this.#threshold;
    const envelope: Readonly<Record<string, unknown>> =
      sdk.mcpReq.envelope ?? {};
    const asked = envelope[LOG_LEVEL_META_KEY];
    return asked !== undefined && severity >= LEVELS.indexOf(String(asked));
  }
}
