/** Beats into a status page, takes a job, and then does what its parent says: spin or block, for ever. */

import {
  mapSharedFile,
  type SharedFileTicket,
} from "../../../flow-balancer/worker/shared-file.ts";
import { StatusPageWriter } from "../../../flow-balancer/worker/status-page.ts";

const memory = mapSharedFile(
  JSON.parse(process.argv[2] ?? "") as SharedFileTicket,
);
if (memory === null) process.exit(3);
const page = new StatusPageWriter(memory, {
  generation: 1,
  beatEveryMs: 10,
  now: Date.now,
  mono: () => performance.now(),
});
page.ready();
setInterval(() => page.beat(), 10);
process.on("disconnect", () => process.exit(0));
process.on("message", (what) => {
  page.accepted(64);
  page.started(64);
  if (what === "spin") for (;;);
  if (what === "block")
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
