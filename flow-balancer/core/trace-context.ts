/**
 * Which distributed trace a call belongs to, as a `traceparent`: `00-<trace id>-<span id>-<flags>` in
 * lower-case hex (W3C Trace Context, part 3.2). Callers send it in `_meta`; a task's code and the
 * commands it starts are given it, so that what they do joins the caller's trace.
 */

const FORM =
  /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_CHARS = 256;

/** As it is handed on. */
export interface TraceCarrier {
  readonly traceparent: string;
}

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Bit 0: it is recorded. */
  readonly flags: number;
}

/** Null for what is none: by the standard it is then as if nothing had been sent. */
export function parseTraceparent(text: unknown): TraceContext | null {
  if (typeof text !== "string" || text.length > MAX_CHARS) return null;
  const found = FORM.exec(text);
  if (found === null) return null;
  const [, traceId = "", spanId = "", flags = "", more] = found;
  // Version 00 has exactly these fields; later ones may have more.
  if (more !== undefined && text.startsWith("00")) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export const traceparentOf = ({
  traceId,
  spanId,
  flags,
}: TraceContext): string =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
