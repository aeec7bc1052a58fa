/** The metrics that are read when somebody asks. Those called `home` are of all servers that share the home, and each of them says the same: take the maximum, never the sum. */

import { counter, gauge } from "./metric.ts";

export const FACT_METRICS = {
  build: gauge(
    "build_info",
    "1, with the version of the server and of Bun as labels.",
    ["version", "bun"],
  ),
  workers: gauge(
    "workers",
    "Worker processes of this server now, by tier (how specialised they are) and state.",
    ["tier", "state"],
  ),
  maxWorkers: gauge(
    "pool_max_workers",
    "How many workers this server may have now: less than configured where other servers of the home have work.",
  ),
  configuredWorkers: gauge(
    "pool_configured_workers",
    "How many workers this server may have by its configuration.",
  ),
  waiting: gauge(
    "pool_waiting_tasks",
    "Tasks that this server holds and that wait for one of its workers now.",
  ),
  utilisation: gauge(
    "pool_utilisation_ratio",
    "Busy workers of this server divided by those it may have, now; 0 to 1.",
  ),
  workerMemory: gauge(
    "worker_memory_bytes",
    "Memory of each worker process: its proportional set size, so that what several share counts once over all of them. A slot is a place in the pool: the number is given to the next worker once its worker is gone.",
    ["slot"],
  ),
  workerTasks: gauge(
    "worker_tasks",
    "Tasks that each worker runs now, by slot (as in flow_balancer_worker_memory_bytes).",
    ["slot"],
  ),
  homeTasks: gauge(
    "home_tasks",
    "Stored tasks of all servers of the home, by state; ended ones leave once they are archived.",
    ["state"],
  ),
  queueDepth: gauge(
    "home_queue_depth",
    "Tasks of the pool, of all servers of the home, that could run and have not begun as far as is stored; what waits for other tasks, for a time or for its group is not counted.",
  ),
  oldest: gauge(
    "home_queue_oldest_age_seconds",
    "How long ago the oldest of flow_balancer_home_queue_depth was submitted; 0 while there is none.",
  ),
  instances: gauge(
    "home_instances",
    "Servers of the home that live, this one included.",
  ),
  lastBeat: gauge(
    "last_beat_age_seconds",
    "Since this server last looked after itself, dead servers and expired leases; due twice a second.",
  ),
  failingSteps: gauge(
    "beat_failing_steps",
    "Steps of the last such look that failed.",
  ),
  databaseBytes: gauge(
    "home_database_bytes",
    "Size of the database file of the home.",
  ),
  walBytes: gauge(
    "home_wal_bytes",
    "Size of the write-ahead log beside the database of the home.",
  ),
  freeBytes: gauge(
    "home_free_bytes",
    "Room left for this user on the disk the home is on.",
  ),
  limit: gauge(
    "deadline_limit_seconds",
    "How long a run of the kind may take that nobody named a limit for, as learned until now: 'soft' without a sign of life, 'max' whatever it says. Of the kinds in flow_balancer_tasks_submitted_total that ran last.",
    ["kind", "limit"],
  ),
  remembered: gauge(
    "deadline_remembered_runs",
    "Completed runs of the kind that the limit is compared with: the last 256 of each group of runs that are alike.",
    ["kind"],
  ),
  wouldKill: gauge(
    "deadline_would_have_killed_runs",
    "Of flow_balancer_deadline_remembered_runs, those that the present limit would have ended.",
    ["kind"],
  ),
  residentBytes: gauge(
    "process_resident_memory_bytes",
    "Resident memory of the server process itself, without its workers.",
  ),
  heapBytes: gauge(
    "process_heap_bytes",
    "JavaScript heap of the server process in use.",
  ),
  cpu: counter(
    "process_cpu_seconds",
    "Processor time of the server process itself, without its workers, by mode (user, system).",
    ["mode"],
  ),
  openFiles: gauge(
    "process_open_fds",
    "Open file descriptors of the server process.",
  ),
  startedAt: gauge(
    "process_start_time_seconds",
    "When the server process started, seconds since 1970.",
  ),
  loopDelay: gauge(
    "event_loop_delay_seconds",
    "How late the server's event loop was since the measurement was last reset, which the first scrape 10 s or more after the last reset does: median (p50), 99th percentile (p99) and maximum (max). Missing in the first scrape, which begins the measurement.",
    ["stat"],
  ),
} as const;
