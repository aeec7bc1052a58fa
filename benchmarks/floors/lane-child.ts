/** Says back each text it is sent, by the lane where there is one. */

import type {
  FromWorker,
  ToWorker,
} from "../../flow-balancer/worker/protocol.ts";
import { WorkerLanes } from "../../flow-balancer/worker/worker-lanes.ts";

const send = (message: FromWorker | { ref: unknown } | string): void => {
  process.send?.(message);
};
const lanes = new WorkerLanes(send);

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToWorker | { ref: unknown } | string) => {
  if (typeof message === "object" && "type" in message) {
    if (message.type === "lane") lanes.open(message.to, message.ticket);
    return;
  }
  const text = typeof message === "string" ? message : lanes.read(message.ref);
  const ref = lanes.write(text);
  send(ref === null ? text : { ref });
});
