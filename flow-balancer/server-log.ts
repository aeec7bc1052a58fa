/**
 * The server's own log: one JSON line an event, on stderr or in a file. What tasks print is not part of
 * it. A line is one event whatever is in it: control characters are escaped, so that no text of others
 * can forge a line or steer a terminal; what looks like a credential is masked.
 */

import { getRotatingFileSink } from "@logtape/file";
import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  type LogLevel,
  type Sink,
  type TextFormatter,
} from "@logtape/logtape";
import {
  DEFAULT_REDACT_FIELDS,
  JWT_PATTERN,
  redactByField,
  redactByPattern,
  type RedactionPattern,
} from "@logtape/redaction";
import { BalancerError, toWireError } from "./core/errors.ts";
import { printable } from "./core/printable.ts";

export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

export interface LogSettings {
  /** Less important events are left out. */
  readonly level: LogLevel;
  /** Null: stderr. At 10 MiB it is renamed to `<file>.1`, of which five are kept. */
  readonly file: string | null;
}

const MASK = "[masked]";
const MAX_FILE_BYTES = 10_485_760;
const FILES_KEPT = 5;

/** By what they look like, wherever they stand in a text. Each stops at the end of what JSON quotes. */
export const CREDENTIALS: readonly RedactionPattern[] = [
  { pattern: /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, replacement: MASK },
  // user:password@host
  { pattern: /(?<=\w:\/\/)[^\s/@"'\\]+:[^\s/@"'\\]+(?=@)/g, replacement: MASK },
  // Of what the header says, whatever its scheme is; all of a cookie.
  {
    pattern: /\b(authorization\s{0,8}:\s{0,8})[^\s"'\\]+(?: [^\s"'\\]+)?/gi,
    replacement: `$1${MASK}`,
  },
  {
    pattern: /\b(cookie\s{0,8}:\s{0,8})[^\r\n"'\\]{4,}/gi,
    replacement: `$1${MASK}`,
  },
  { pattern: /\b(?:sk|pk|rk)-[\w-]{16,}/g, replacement: MASK },
  { pattern: /\b(?:sk|pk|rk)_(?:live|test)_\w{16,}/g, replacement: MASK },
  { pattern: /\bgh[pousr]_\w{20,}/g, replacement: MASK },
  { pattern: /\bgithub_pat_\w{20,}/g, replacement: MASK },
  { pattern: /\bglpat-[\w-]{16,}/g, replacement: MASK },
  { pattern: /\b(?:npm|hf)_\w{30,}/g, replacement: MASK },
  { pattern: /\bxox[abprs]-[\w-]{10,}/g, replacement: MASK },
  { pattern: /\b(hooks\.slack\.com\/)[^\s"'\\]+/g, replacement: `$1${MASK}` },
  { pattern: /\bAIza[\w-]{30,}/g, replacement: MASK },
  { pattern: /\bA(?:KIA|SIA)[0-9A-Z]{16}\b/g, replacement: MASK },
  // --password ..., as one writes it for a program.
  {
    pattern:
      /(?<![\w-])(--?(?:[^\W_]{1,16}[-_]){0,3}(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)\s{1,8})(?!-)[^\s"'\\]{4,}/gi,
    replacement: `$1${MASK}`,
  },
  // token=..., password: ..., also inside JSON that was quoted.
  {
    pattern:
      /(?<=(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)\\?["']?\s*[=:]\s*\\?["']?)[^\s"'\\,;&}]{4,}/gi,
    replacement: MASK,
  },
  { ...JWT_PATTERN, replacement: MASK },
];

/** Throws INVALID_CONFIG where the file cannot be opened. What cannot be written there later goes to stderr. */
export function openLog({ level, file }: LogSettings): Log {
  const format = safeFormat();
  const sink = file === null ? stderrSink(format) : fileSink(file, format);
  configureSync({
    reset: true,
    sinks: {
      own: redactByField(sink, {
        fieldPatterns: [...DEFAULT_REDACT_FIELDS, /cookie|authorization/i],
        action: () => MASK,
      }),
      plain: stderrSink(format),
    },
    loggers: [
      { category: ["logtape"], sinks: ["plain"], lowestLevel: "error" },
      { category: ["flow-balancer"], sinks: ["own"], lowestLevel: level },
    ],
  });
  const logger = getLogger(["flow-balancer"]);
  return (at, event, details) => logger[at](event, { ...details });
}

function safeFormat(): TextFormatter {
  const masked = redactByPattern(
    getJsonLinesFormatter({ message: "rendered" }),
    CREDENTIALS,
  );
  // JSON escapes C0 by itself; C1 and marks that turn the direction it does not.
  return (record) => `${printable(masked(record).trimEnd())}\n`;
}

const stderrSink =
  (format: TextFormatter): Sink =>
  (record) =>
    void process.stderr.write(format(record));

function fileSink(path: string, format: TextFormatter): Sink & Disposable {
  const otherwise = stderrSink(format);
  let sink: (Sink & Disposable) | null = openFile(path, format);
  const log: Sink = (record) => {
    try {
      sink ??= openFile(path, format);
      sink(record);
    } catch (thrown) {
      // Only a write leaves the file open. After another failure its number may be any other file's.
      if (!/^(?:write|fsync)$/.test(syscallOf(thrown))) sink = null;
      otherwise(record);
    }
  };
  return Object.assign(log, {
    [Symbol.dispose]: () => sink?.[Symbol.dispose](),
  });
}

function openFile(path: string, formatter: TextFormatter): Sink & Disposable {
  try {
    return getRotatingFileSink(path, {
      formatter,
      maxSize: MAX_FILE_BYTES,
      maxFiles: FILES_KEPT,
      // A log that is behind says nothing of what killed the process.
      bufferSize: 0,
    });
  } catch (thrown) {
    const { message } = toWireError(thrown);
    throw new BalancerError(
      "INVALID_CONFIG",
      `log.file cannot be opened: ${message}`,
      {
        hint: "Name a file in a folder that is there and may be written to, or leave it out: then it is stderr.",
        cause: thrown,
      },
    );
  }
}

const syscallOf = (thrown: unknown): string =>
  String((thrown as { syscall?: unknown } | null)?.syscall ?? "");
