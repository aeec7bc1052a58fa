/** A client of the live events, as a browser is one: it reads what comes and knows the last id. */

import { until } from "../../support/until.ts";
import { BEARER, type HttpUnderTest } from "./http-under-test.ts";

export interface ClientEvent {
  readonly type: string;
  readonly id: number;
  readonly data: unknown;
}

export class EventClient {
  readonly events: ClientEvent[] = [];
  comments = 0;
  lastId = "";
  isOver = false;
  readonly #gone = new AbortController();

  /** Resolves once the stream is open. */
  static async open(
    http: HttpUnderTest,
    lastEventId?: string,
  ): Promise<EventClient> {
    const client = new EventClient();
    const response = await fetch(`${http.origin}/events`, {
      signal: client.#gone.signal,
      headers: {
        ...BEARER,
        ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }),
      },
    });
    if (response.body === null || !response.ok)
      throw new Error(`no stream: ${response.status}`);
    void client.#read(response.body);
    return client;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) this.#take(block);
      }
    } catch {
      // Hung up.
    }
    this.isOver = true;
  }

  #take(block: string): void {
    const lines = new Map<string, string>();
    for (const line of block.split("\n")) {
      const at = line.indexOf(": ");
      if (line.startsWith(":")) this.comments++;
      else lines.set(line.slice(0, at), line.slice(at + 2));
    }
    this.lastId = lines.get("id") ?? this.lastId;
    const data = lines.get("data");
    if (data === undefined) return;
    const type = lines.get("event") ?? "message";
    this.events.push({ type, id: Number(this.lastId), data: JSON.parse(data) });
  }

  /** The types of what came, once there are so many. */
  async types(count: number): Promise<string[]> {
    await until(`${count} events`, () => this.events.length >= count);
    return this.events.map(({ type }) => type);
  }

  hangUp(): void {
    this.#gone.abort();
  }
}
