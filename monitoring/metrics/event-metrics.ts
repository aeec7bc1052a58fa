/**
 * The metrics that events feed. Counters and histograms are of this server since it started; tasks that
 * other servers of the home run are counted by those. No label is an id.
 */

import { counter, histogram } from "./metric.ts";

export const EVENT_METRICS = {
  submitted: counter(
    "tasks_submitted",
    "Tasks that were submitted to this server and recorded; one whose idempotency key was seen before is not counted again. By kind: those of the configuration, the first 50 others, and 'other'.",
    ["kind"],
  ),
  refused: counter(
    "tasks_refused",
    "Tasks that this server would not take on and did not record, by the error code its client was told.",
    ["code"],
  ),
  settled: counter(
    "tasks_settled",
    "Tasks of the pool that ended here for good, by kind (as in flow_balancer_tasks_submitted_total), by the tier they found (hot: their session's worker; warm: one with the kind loaded; cold: neither; none: they never reached a worker) and by the state they ended in.",
    ["kind", "tier", "state"],
  ),
  retried: counter(
    "task_retries",
    "Attempts that ended here and after which the task was queued again, by kind.",
    ["kind"],
  ),
  errors: counter(
    "task_errors",
    "Attempts that ended here otherwise than completed, by error code.",
    ["code"],
  ),
  tierHits: counter(
    "tier_hits",
    "Attempts that reached a worker and have ended here, by the tier they found; 'cold' are the cold starts.",
    ["tier"],
  ),
  wait: histogram(
    "task_wait_seconds",
    "How long attempts that reached a worker waited for one. Buckets grow by 4.7 %, from 10 us to 1 h.",
  ),
  start: histogram(
    "task_start_seconds",
    "How long the worker took to load the kind of an attempt, by the tier it found; 0 where it was loaded. Buckets grow by 4.7 %, from 10 us to 100 s.",
    ["tier"],
  ),
  run: histogram(
    "task_run_seconds",
    "How long the task's own code ran in attempts that reached a worker, however they ended. Buckets grow by 4.7 %, from 10 us to 1 h.",
  ),
  limitRatio: histogram(
    "task_run_limit_ratio",
    "Run time of completed attempts divided by the learned limit that was in force (the soft one: without a sign of life it would have ended the run there). Attempts whose limit a person named, or the default, are not in it. Buckets grow by 4.7 %, from 0.001 to 10.",
  ),
  beyondLimit: counter(
    "runs_beyond_limit",
    "Completed attempts that ran longer than the learned soft limit in force: without their signs of life it would have killed them.",
  ),
  prediction: histogram(
    "task_prediction_ratio",
    "What the placement foretold divided by what came, 1 ms added to both, of completed attempts that had a choice of worker, by clock (wait, start, run); 1 is exact. Buckets grow by 4.7 %, from 0.1 to 10.",
    ["clock"],
  ),
  claimed: counter(
    "tasks_claimed",
    "Tasks that this server took out of the store for its own pool.",
  ),
  leasesLost: counter(
    "leases_lost",
    "Tasks that this server worked on and that were another's when it looked again, as after a suspension; their work was stopped.",
  ),
  leasesExpired: counter(
    "leases_expired",
    "Leases, of anybody in the home, that ran out and were first seen so by this server.",
  ),
  rejected: counter(
    "fences_rejected",
    "Results of this server that the store refused: the task had ended, or was another's by then.",
  ),
  workersStarted: counter(
    "workers_started",
    "Worker processes that were started.",
  ),
  workersExited: counter(
    "workers_exited",
    "Worker processes that ended, by how: 'clean' (code 0, as those the pool lets go), 'code' (any other), 'signal'.",
    ["how"],
  ),
  startFailures: counter(
    "worker_start_failures",
    "Worker processes that could not be started, or ended before they were ready.",
  ),
  commit: histogram(
    "store_commit_seconds",
    "How long transactions of the store took, from begin to commit. Buckets grow by 4.7 %, from 10 us to 10 s.",
  ),
  commitWrites: histogram(
    "store_commit_writes",
    "How many writes were committed together. Buckets grow by 4.7 %, from 1 to 1000.",
  ),
  commitDelays: counter(
    "store_commit_delays",
    "Transactions that had to wait for another process's lock, or for room on the disk, and were tried again.",
  ),
  refusedWrites: counter(
    "store_refused_writes",
    "Writes that the store would not take though nothing was wrong with them, by error code: no room, a lock that nobody gave up, a damaged file.",
    ["code"],
  ),
  died: counter(
    "instances_died",
    "Servers of the home that died and whose work this server gave back.",
  ),
  unread: counter(
    "unread_facts",
    "Facts that could not be read for a scrape, whose metrics are missing from it, by what was to be read; and events that could not be counted ('events').",
    ["what"],
  ),
} as const;
