/** The server's own log: one JSON line an event, on stderr. What tasks print is not part of it. */

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  type LogLevel,
} from "@logtape/logtape";

export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

/** Less important events than `level` are left out. Control characters in details are escaped by JSON. */
export function openStderrLog(level: LogLevel): Log {
  const format = getJsonLinesFormatter({ message: "rendered" });
  configureSync({
    reset: true,
    sinks: { stderr: (record) => process.stderr.write(format(record)) },
    loggers: [
      { category: ["logtape"], sinks: ["stderr"], lowestLevel: "error" },
      { category: ["flow-balancer"], sinks: ["stderr"], lowestLevel: level },
    ],
  });
  const logger = getLogger(["flow-balancer"]);
  return (at, event, details) => logger[at](event, { ...details });
}
