/**
 * The live events for any number of browsers: one listener at the server, each event encoded once. Ids let a client
 * that was away go on where it was; if too much happened, or nobody listened meanwhile, it is told to fetch anew.
 */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type { Watch } from "../watch.ts";
import { EventRing, type Frame, frameBytes } from "./event-ring.ts";
import { EventStream, MAX_UNREAD_BYTES } from "./event-stream.ts";
import type { HttpConnection } from "./http-ports.ts";

const MAX_STREAMS = 50;
/** A proxy takes a connection for dead after 30 s or more. */
const HEARTBEAT_MS = 5_000;
/** A browser that comes back within this has missed nothing. */
const LINGER_MS = 30_000;
/** What is sent again at once must leave room for what comes meanwhile; to fetch anew is shorter then anyway. */
const MAX_REPLAY_BYTES = MAX_UNREAD_BYTES / 2;
/** The browser's own wait before it comes back. */
const RETRY_MS = 2_000;
const RING = { maxFrames: 512, maxBytes: 4_194_304 } as const;

export interface LiveFeedPorts {
  readonly env: Env;
  watch(): Promise<Watch>;
  complain(text: string): void;
}

export class LiveFeed {
  readonly #ports: LiveFeedPorts;
  readonly #ring: EventRing;
  readonly #streams = new Set<EventStream>();
  /** Those that wait for the server behind. */
  #opening = 0;
  #stopListening: (() => void) | undefined;
  #stopHeartbeat: (() => void) | undefined;
  #stopLinger: (() => void) | undefined;
  #closed = false;

  constructor(ports: LiveFeedPorts) {
    this.#ports = ports;
    this.#ring = new EventRing(ports.env.now() * 1_000, RING);
  }

  /** `text/event-stream`. Throws TOO_MANY_STREAMS, SHUTTING_DOWN, and what the server behind throws. */
  async open(request: Request, connection: HttpConnection): Promise<Response> {
    if (this.#streams.size + this.#opening >= MAX_STREAMS)
      throw new BalancerError(
        "TOO_MANY_STREAMS",
        `${MAX_STREAMS} clients follow the live events already`,
        { hint: "Close a page of the dashboard, or ask /api/v1 instead." },
      );
    this.#opening++;
    try {
      const watch = await this.#ports.watch();
      if (this.#closed)
        throw new BalancerError("SHUTTING_DOWN", "the server is stopping");
      this.#listen(watch);
    } finally {
      this.#opening--;
    }
    const stream = new EventStream({
      connection,
      onGone: (reason) => this.#left(stream, reason),
    });
    this.#streams.add(stream);
    this.#beat();
    this.#greet(stream, request.headers.get("last-event-id"));
    return new Response(stream.body, {
      headers: {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache, no-transform",
        // nginx would collect events.
        "X-Accel-Buffering": "no",
      },
    });
  }

  get streams(): number {
    return this.#streams.size;
  }

  close(): void {
    this.#closed = true;
    for (const stream of [...this.#streams]) stream.end();
    this.#stopLinger?.();
    this.#silence();
  }

  #listen(watch: Watch): void {
    this.#stopLinger?.();
    this.#stopLinger = undefined;
    this.#stopListening ??= watch.listen(({ type, data }) => {
      const { bytes } = this.#ring.add(type, data);
      for (const stream of [...this.#streams]) stream.send(bytes);
    });
  }

  #greet(stream: EventStream, lastEventId: string | null): void {
    const { lastId } = this.#ring;
    const missed = lastEventId === null ? [] : this.#missedSince(lastEventId);
    // An id alone is no event, but from here on the browser can say what it had last.
    stream.send(
      encoder.encode(
        `retry: ${RETRY_MS}\n${lastEventId === null ? `id: ${lastId}\n` : ""}\n`,
      ),
    );
    if (missed === null) stream.send(frameBytes("reset", lastId, {}));
    else for (const { bytes } of missed) stream.send(bytes);
  }

  /** Null: it cannot be told, or is too much. */
  #missedSince(lastEventId: string): readonly Frame[] | null {
    const missed = this.#ring.since(lastEventId);
    const bytes = missed?.reduce((sum, it) => sum + it.bytes.length, 0) ?? 0;
    return bytes > MAX_REPLAY_BYTES ? null : missed;
  }

  #left(stream: EventStream, reason: "left" | "dropped" | "ended"): void {
    if (reason === "dropped")
      this.#ports.complain(
        "a client of /events left 1 MiB unread and was dropped; it may come back",
      );
    this.#streams.delete(stream);
    if (this.#streams.size > 0 || this.#closed) return;
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = undefined;
    this.#stopLinger?.();
    this.#stopLinger = this.#ports.env.timer(LINGER_MS, () => this.#silence());
  }

  #silence(): void {
    this.#stopHeartbeat?.();
    this.#stopListening?.();
    this.#stopHeartbeat = this.#stopListening = this.#stopLinger = undefined;
    this.#ring.forget();
  }

  #beat(): void {
    this.#stopHeartbeat ??= this.#ports.env.timer(HEARTBEAT_MS, () => {
      this.#stopHeartbeat = undefined;
      for (const stream of [...this.#streams]) stream.send(HEARTBEAT);
      if (this.#streams.size > 0) this.#beat();
    });
  }
}

const encoder = new TextEncoder();
const HEARTBEAT = encoder.encode(": alive\n\n");
