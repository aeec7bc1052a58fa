/** One client of the live events. What it leaves unread is bounded: past that it is dropped, and may come back. */

import type { HttpConnection } from "./http-ports.ts";

const HIGH_WATER_BYTES = 65_536;
/** More than the largest events together, less than what a hundred of them would cost. */
export const MAX_UNREAD_BYTES = 1_048_576;
/** Bun does not end a connection that is not read from by closing what is sent; a time limit does. */
const DROP_AFTER_S = 1;

export interface EventStreamPorts {
  readonly connection: HttpConnection;
  /** Once, when the client went, was dropped, or `end` was called. */
  onGone(reason: "left" | "dropped" | "ended"): void;
}

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #ports: EventStreamPorts;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(ports: EventStreamPorts) {
    this.#ports = ports;
    // The heartbeat tells whether the client is there.
    ports.connection.timeout(0);
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#gone("left"),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
    );
  }

  send(bytes: Uint8Array): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    const unread = HIGH_WATER_BYTES - (controller.desiredSize ?? 0);
    if (unread + bytes.length > MAX_UNREAD_BYTES) {
      this.#ports.connection.timeout(DROP_AFTER_S);
      this.#gone("dropped");
      return;
    }
    controller.enqueue(bytes);
  }

  end(): void {
    const controller = this.#controller;
    this.#gone("ended");
    controller?.close();
  }

  #gone(reason: "left" | "dropped" | "ended"): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    this.#ports.onGone(reason);
  }
}
