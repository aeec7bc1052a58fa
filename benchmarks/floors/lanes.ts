/**
 * What the lanes of shared memory do by themselves: a text there and back, with
 * nothing of the pool around them and no JSON read on the other side.
 */

import { join } from "node:path";
import { ParentLanes } from "../../flow-balancer/worker/parent-lanes.ts";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import { serveContender } from "../contender.ts";
import { FORMS } from "../echo-forms.ts";

const CHILD = join(import.meta.dir, "lane-child.ts");

await serveContender(() => {
  const { write, read } = FORMS.text();
  /** Answers come in the order of the questions. */
  const waiting: ((text: string) => void)[] = [];
  const answered = (text: string): void => waiting.shift()?.(text);
  const child = Bun.spawn([process.execPath, CHILD], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    serialization: "advanced",
    ipc(message: FromWorker | { ref: unknown } | string) {
      if (typeof message === "string") {
        lanes.cameInline(message);
        answered(message);
      } else if ("ref" in message && !("type" in message))
        answered(lanes.read(message.ref));
      else if (message.type === "lane_open")
        lanes.opened(message.lane, message.ok);
    },
  });
  const lanes = new ParentLanes((message) => child.send(message));
  return {
    run: (input) =>
      new Promise((resolve) => {
        waiting.push((text) => resolve(read(text, input)));
        const text = write(input);
        const ref = lanes.write(text);
        child.send(ref === null ? text : { ref });
      }),
    close: async () => {
      lanes.close();
      child.disconnect();
      await child.exited;
    },
  };
});
