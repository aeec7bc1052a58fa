/** A wait queue with jobs that need no more than what a test is about. */

import type { WaitNode } from "../../flow-balancer/pool/flow.ts";
import { WaitQueue } from "../../flow-balancer/pool/wait-queue.ts";
import type { WaitingJob } from "../../flow-balancer/pool/waiting-job.ts";

export const SERVERS = 2;
export const AGE_MS = 100;

type Spec = Omit<WaitingJob<string>, "job" | "enqueuedAt">;
const PLAIN: Spec = {
  kind: "k",
  session: "a",
  priority: 0,
  costMs: 10,
  varianceMs2: 0,
  latestStartAt: Infinity,
  hopelessAt: Infinity,
};
export const newQueue = () => {
  const queue = new WaitQueue<string>(SERVERS, AGE_MS);
  let serial = 0;
  const add = (more: Partial<Spec> = {}, now = 0) =>
    queue.enqueue({
      ...PLAIN,
      ...more,
      job: `${more.session ?? "a"}${serial++}`,
      enqueuedAt: now,
    });
  const serve = (now = 0): WaitNode<string> | null => {
    const node = queue.next(now);
    if (node !== null) queue.take(node, now);
    return node;
  };
  return { queue, add, serve };
};
