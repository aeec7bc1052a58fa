/**
 * What a legacy session sent on its streams, kept for a client that reconnects with Last-Event-ID. Bounded: the
 * oldest go first, and a client that comes back too late is told so.
 */

import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** A session's share; 100 sessions stay under half a gigabyte even if every one of them fills it. */
const MAX_KEPT_BYTES = 4_194_304;
const MAX_KEPT_EVENTS = 1_024;

interface Kept {
  readonly id: string;
  readonly stream: string;
  readonly json: string;
}

export class EventLog implements EventStore {
  readonly #events = new Map<string, Kept>();
  #bytes = 0;
  #serial = 0;

  storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const id = `${stream}_${++this.#serial}`;
    const json = JSON.stringify(message);
    this.#events.set(id, { id, stream, json });
    this.#bytes += json.length;
    for (const [oldest, kept] of this.#events) {
      if (this.#bytes <= MAX_KEPT_BYTES && this.#events.size <= MAX_KEPT_EVENTS)
        break;
      this.#events.delete(oldest);
      this.#bytes -= kept.json.length;
    }
    return Promise.resolve(id);
  }

  getStreamIdForEventId(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#events.get(id)?.stream);
  }

  async replayEventsAfter(
    lastId: string,
    { send }: Parameters<EventStore["replayEventsAfter"]>[1],
  ): Promise<string> {
    const last = this.#events.get(lastId);
    if (last === undefined) throw new Error("that event is no longer kept");
    let after = false;
    for (const { id, stream, json } of [...this.#events.values()]) {
      // A priming event is stored as {} and says nothing.
      if (after && stream === last.stream && json !== "{}")
        await send(id, JSON.parse(json) as JSONRPCMessage);
      if (id === lastId) after = true;
    }
    return last.stream;
  }
}
