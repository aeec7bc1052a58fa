/**
 * Writes a status page without a pause until it is killed. Its clock shows the number of the job it is at,
 * so that a line put together from two writes gives itself away.
 */

import {
  mapSharedFile,
  type SharedFileTicket,
} from "../../../flow-balancer/worker/shared-file.ts";
import { StatusPageWriter } from "../../../flow-balancer/worker/status-page.ts";

const memory = mapSharedFile(
  JSON.parse(process.argv[2] ?? "") as SharedFileTicket,
);
if (memory === null) process.exit(3);
let job = 0;
const page = new StatusPageWriter(memory, {
  generation: 7,
  beatEveryMs: 0,
  now: () => job,
  mono: () => job,
});
page.ready();
// All of lane 5, and far apart: the two halves of one word are never those of another.
const jobs = [5, 2 ** 31 + 5, 2 ** 40 + 64 + 5, 2 ** 49 + 128 + 5];
for (let turn = 0; ; turn++) {
  job = jobs[turn % jobs.length] ?? 0;
  page.accepted(job);
  page.started(job);
  page.answered(job);
}
