/**
 * Sessions of 2025-11-25 over HTTP: one server and one transport each, from initialize until the client deletes it,
 * is silent too long, or must make room. A session that is working is never taken away.
 */

import {
  type JSONRPCMessage,
  isInitializeRequest,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { Env } from "../core/ports.ts";
import type { MonoMs } from "../core/time.ts";
import type { CompiledCatalog } from "./compiled-catalog.ts";
import { EventLog } from "./event-log.ts";
import { jsonRpcResponse } from "./http-guard.ts";
import { isId, type RequestId } from "./message-check.ts";
import { createServer } from "./server.ts";

interface SessionLimits {
  readonly maxSessions: number;
  /** Silence after which a session ends, ms. */
  readonly idleMs: number;
}

/** How soon a client of a stream that was cut comes back. */
const RECONNECT_MS = 500;
const INVALID_REQUEST = -32600;
const REFUSED = -32000;
const SESSION_NOT_FOUND = -32001;

interface Session {
  readonly id: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  lastUsed: MonoMs;
  /** Requests without an answer yet. */
  readonly inFlight: Set<RequestId>;
  openStreams: number;
}

const isIdle = (session: Session): boolean =>
  session.inFlight.size === 0 && session.openStreams === 0;

export class HttpSessions {
  readonly #compiled: CompiledCatalog;
  readonly #env: Env;
  readonly #limits: SessionLimits;
  readonly #onerror: (error: Error) => void;
  readonly #sessions = new Map<string, Session>();
  #stopSweep: (() => void) | null = null;

  constructor(
    compiled: CompiledCatalog,
    env: Env,
    limits: SessionLimits,
    onerror: (error: Error) => void,
  ) {
    this.#compiled = compiled;
    this.#env = env;
    this.#limits = limits;
    this.#onerror = onerror;
  }

  /** `message` is the checked body of a POST, null for GET and DELETE. */
  async serve(
    request: Request,
    message: JSONRPCMessage | null,
  ): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null)
      return message !== null && isInitializeRequest(message)
        ? this.#open(request, message)
        : jsonRpcResponse(
            400,
            REFUSED,
            "Mcp-Session-Id is missing: initialize first, then send the id you are given",
            idOf(message),
          );
    const session = this.#sessions.get(id);
    if (session === undefined)
      return jsonRpcResponse(
        404,
        SESSION_NOT_FOUND,
        "no such session: it ended; initialize again",
        idOf(message),
      );
    session.lastUsed = this.#env.mono();
    if (message === null)
      return this.#watchStream(
        session,
        await session.transport.handleRequest(request),
      );
    const refusal = this.#admit(session, message);
    return (
      refusal ??
      session.transport.handleRequest(request, { parsedBody: message })
    );
  }

  async close(): Promise<void> {
    this.#stopSweep?.();
    this.#stopSweep = null;
    await Promise.all(
      [...this.#sessions.values()].map(({ transport }) => transport.close()),
    );
  }

  async #open(request: Request, message: JSONRPCMessage): Promise<Response> {
    if (!(await this.#makeRoom()))
      return jsonRpcResponse(
        503,
        REFUSED,
        `all ${this.#limits.maxSessions} sessions are at work; try again later`,
        idOf(message),
      );
    const id = this.#env.unique();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: new EventLog(),
      retryInterval: RECONNECT_MS,
    });
    const server = createServer(this.#compiled, {
      era: "legacy",
      connection: `http_${id}`,
      lifetime: "connection",
      env: this.#env,
      onerror: this.#onerror,
    });
    await server.connect(transport);
    const session: Session = {
      id,
      transport,
      lastUsed: this.#env.mono(),
      inFlight: new Set(),
      openStreams: 0,
    };
    this.#admit(session, message);
    this.#watch(session);
    this.#sessions.set(id, session);
    this.#sweepLater();
    const response = await transport.handleRequest(request, {
      parsedBody: message,
    });
    if (!response.ok) await transport.close();
    return response;
  }

  /** Takes a request on the list of those to be answered, what is cancelled off it. */
  #admit(session: Session, message: JSONRPCMessage): Response | null {
    if (!("method" in message)) return null;
    if (!("id" in message)) {
      const cancelled = message.params?.["requestId"];
      if (message.method === "notifications/cancelled" && isId(cancelled))
        session.inFlight.delete(cancelled);
      return null;
    }
    if (session.inFlight.has(message.id))
      return jsonRpcResponse(
        400,
        INVALID_REQUEST,
        "that id belongs to a request that is still being answered",
      );
    session.inFlight.add(message.id);
    return null;
  }

  /** Counts answers out, and takes the session off the list when it closes. */
  #watch(session: Session): void {
    const { transport } = session;
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      if (!("method" in message) && message.id !== undefined) {
        session.inFlight.delete(message.id);
        session.lastUsed = this.#env.mono();
      }
      return send(message, options);
    };
    const { onclose } = transport;
    transport.onclose = () => {
      this.#sessions.delete(session.id);
      onclose?.();
    };
  }

  /** A client that listens is not gone, however long it says nothing. */
  #watchStream(session: Session, response: Response): Response {
    if (response.body === null || !response.ok) return response;
    session.openStreams++;
    const reader = response.body.getReader();
    let open = true;
    const ended = (): void => {
      if (!open) return;
      open = false;
      session.openStreams--;
      session.lastUsed = this.#env.mono();
    };
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        ended();
        controller.close();
      },
      async cancel(reason) {
        ended();
        await reader.cancel(reason);
      },
    });
    return new Response(body, response);
  }

  /** Ends the idle session silent longest, if the house is full; false when none is idle. */
  async #makeRoom(): Promise<boolean> {
    if (this.#sessions.size < this.#limits.maxSessions) return true;
    let oldest: Session | null = null;
    for (const session of this.#sessions.values())
      if (
        isIdle(session) &&
        (oldest === null || session.lastUsed < oldest.lastUsed)
      )
        oldest = session;
    await oldest?.transport.close();
    return oldest !== null;
  }

  #sweepLater(): void {
    this.#stopSweep ??= this.#env.timer(this.#limits.idleMs, () => {
      this.#stopSweep = null;
      const now = this.#env.mono();
      for (const session of [...this.#sessions.values()])
        if (isIdle(session) && now - session.lastUsed >= this.#limits.idleMs)
          session.transport.close().catch(this.#onerror);
      if (this.#sessions.size > 0) this.#sweepLater();
    });
  }
}

const idOf = (message: JSONRPCMessage | null): string | number | null =>
  message !== null && "id" in message ? (message.id ?? null) : null;
