/** The servers that share the home: those that run, and those that ended within the last hour. */

import type {
  InstanceView,
  InstancesView,
} from "../../monitoring/api/overview-views.ts";
import type { InstanceView as Seen } from "../commands/instances.ts";
import { InstanceLocks } from "../store/instance-locks.ts";
import {
  endedInstances,
  openInstances,
} from "../store-commands/read-instances.ts";
import type { Watched } from "./watch-parts.ts";

const ENDED_SHOWN_MS = 3_600_000;
const MOST_ENDED = 100;

export function instancesOf({
  store,
  env,
  config,
  id,
}: Watched): InstancesView {
  const witness = {
    env,
    locks: new InstanceLocks(config.home),
    rhythm: config.instances,
  };
  const now = env.now();
  const ended = endedInstances(store.raw, witness, MOST_ENDED).filter(
    ({ endedAt }) => endedAt !== null && now - endedAt < ENDED_SHOWN_MS,
  );
  return {
    instances: [...openInstances(store.raw, witness), ...ended].map((seen) =>
      viewOf(seen, id, now),
    ),
  };
}

const viewOf = (seen: Seen, self: string, now: number): InstanceView => ({
  id: seen.id,
  pid: seen.pid,
  transport: seen.transport,
  project: seen.projectRoot,
  version: seen.version,
  is_self: seen.id === self,
  started_at: seen.startedAt,
  // From before the machine was restarted: no later than its end, nor before its start.
  heartbeat_ms_ago: Math.max(
    0,
    seen.heartbeatAgeMs ?? now - (seen.endedAt ?? seen.startedAt),
  ),
  end: seen.endedAt === null ? null : seen.condition,
  ended_at: seen.endedAt,
  wants: seen.wants,
  share: seen.share,
  max_workers: seen.maxWorkers,
  running: seen.held,
});
