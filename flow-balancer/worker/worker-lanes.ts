/** The worker's half of its two lanes for long texts. The parent makes them and says when. */

import {
  BulkReceiver,
  BulkSender,
  openLane,
  type BulkRef,
  type LaneTicket,
} from "./bulk-lane.ts";
import type { FromWorker } from "./protocol.ts";

export class WorkerLanes {
  readonly #send: (message: FromWorker) => void;
  readonly #sender = new BulkSender();
  readonly #receiver = new BulkReceiver();
  /** Number of the lane results go by. */
  #sending = 0;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  open(to: "worker" | "parent", ticket: LaneTicket): void {
    const lane = openLane(ticket);
    if (lane !== null && to === "worker") this.#receiver.adopt(lane);
    if (lane !== null && to === "parent") {
      this.#sender.adopt(lane);
      this.#sending = lane.number;
    }
    this.#send({ type: "lane_open", lane: ticket.lane, ok: lane !== null });
  }

  /** Null: send it inline. */
  write(text: string): BulkRef | null {
    return this.#sender.write(text);
  }

  /** Throws BulkTextError. */
  read(ref: unknown): string {
    return this.#receiver.read(ref);
  }

  drop(upTo: number): void {
    this.#receiver.drop(upTo);
  }

  shrink(): void {
    if (this.#sender.shrink())
      this.#send({ type: "lane_shrunk", lane: this.#sending });
  }
}
