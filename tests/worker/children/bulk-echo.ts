/** Sends back each text the way it came: by lane, or inline where a lane does not take it. */

import {
  BulkReceiver,
  BulkSender,
  openLane,
  type LaneTicket,
} from "../../../flow-balancer/worker/bulk-lane.ts";

export type ToEcho =
  | { readonly type: "receive"; readonly ticket: LaneTicket }
  | { readonly type: "send"; readonly ticket: LaneTicket }
  | { readonly type: "shrink" }
  | { readonly type: "lane"; readonly ref: unknown };
export type FromEcho =
  | { readonly type: "opened"; readonly lane: number }
  | { readonly type: "shrunk"; readonly sender: boolean }
  | { readonly type: "lane"; readonly ref: unknown }
  | { readonly type: "inline"; readonly text: string }
  | { readonly type: "error"; readonly message: string };

const receiver = new BulkReceiver();
const sender = new BulkSender();

function answer(message: ToEcho): FromEcho {
  switch (message.type) {
    case "receive":
    case "send": {
      const lane = openLane(message.ticket);
      if (lane === null) return { type: "error", message: "cannot map it" };
      (message.type === "send" ? sender : receiver).adopt(lane);
      return { type: "opened", lane: lane.number };
    }
    case "shrink":
      receiver.drop();
      return { type: "shrunk", sender: sender.shrink() };
    case "lane": {
      const text = receiver.read(message.ref);
      const ref = sender.write(text);
      return ref === null ? { type: "inline", text } : { type: "lane", ref };
    }
  }
}

process.on("disconnect", () => process.exit(0));
process.on("message", (raw) => {
  let said: FromEcho;
  try {
    said = answer(raw as ToEcho);
  } catch (thrown) {
    said = { type: "error", message: String(thrown) };
  }
  process.send?.(said);
});
