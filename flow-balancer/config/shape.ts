/** The settings in the form the program reads them. Units are in the names; nothing is optional. */

import type { AlertsConfig } from "../core/alert-limits.ts";
import type { Expert } from "../core/expert.ts";
import type { PoolSettings } from "../core/pool-settings.ts";
import type { Effects } from "../core/task.ts";

export interface TasksConfig {
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly maxInputBytes: number;
  readonly maxResultBytes: number;
}

/** How long a client waits for an answer before it gives up, less a margin, ms. */
export interface PatienceConfig {
  readonly unknownMs: number;
  /** By part of the client's name, lower case. */
  readonly clients: Readonly<Record<string, number>>;
}

export interface KindConfig {
  readonly name: string;
  /** Absolute path of the module. */
  readonly module: string;
  readonly description: string | null;
  readonly effects: Effects;
  readonly concurrency: number | null;
  readonly inFlight: number;
  readonly timeoutMs: number | null;
  /** Names of variables that its workers are given; never their values. */
  readonly env: readonly string[];
  readonly memoryMb: number | null;
  readonly capabilities: readonly string[];
}

export interface BoardConfig {
  /** Weight of the tasks one session has in hand at a time. */
  readonly capacity: number;
  /** Until a claimed task is another's, unless its holder says that it goes on. */
  readonly leaseMs: number;
}

/** By which servers that share a home know of one another. */
export interface InstancesConfig {
  readonly heartbeatMs: number;
  /** Silence after which a server's work is taken over though its process is there. */
  readonly deadAfterMs: number;
}

/** What stays in the store, and in the archive beside it. */
export interface RetentionConfig {
  readonly keepDays: number;
  readonly keepTasks: number;
  readonly archiveMonths: number;
}

/** Within what limits the server may tune itself. */
export interface LearningConfig {
  /** `fixed`: a task that names no limit has that of its kind, or `tasks.timeoutMs`. */
  readonly deadlines: "learned" | "fixed";
  /** Healthy runs that may be longer than the learned limit, of a thousand. */
  readonly missesPerThousand: number;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  /** Whether a task without effects that takes long is run a second time beside the first; needs learned deadlines. */
  readonly hedge: "on" | "off";
}

/** What a task done well is worth against what it costs, in the unit of the experts' costs. */
export interface RoutingConfig {
  /** Null: ten calls of the dearest expert. */
  readonly successWorth: number | null;
  /** Of a second of run time. */
  readonly secondCost: number;
}

export interface HttpConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Of everything that is served, as `/flow`; "/" for none. */
  readonly basePath: string;
  /** Whether people may only look; over MCP work goes on. */
  readonly readOnly: boolean;
  readonly mcpToken: "required" | "off";
  /** Names a Host header may have besides this machine's loopback names and `host`. */
  readonly hostnames: readonly string[];
  /** Whose pages may call besides our own. */
  readonly origins: readonly string[];
}

/** Of the server itself; what tasks print is no part of it. */
export interface LogConfig {
  /** Less important events are left out. */
  readonly level: "debug" | "info" | "warning" | "error";
  /** Null: stderr. */
  readonly file: string | null;
}

/** Every path is absolute. */
export interface Config {
  readonly projectRoot: string;
  /** Where everything durable lives; see prepareHome. */
  readonly home: string;
  /** A task's working directory must be inside one of these. */
  readonly roots: readonly string[];
  readonly toolsets: readonly string[];
  readonly durability: "normal" | "full";
  readonly log: LogConfig;
  readonly pool: PoolSettings;
  readonly tasks: TasksConfig;
  readonly sessions: { readonly keepDays: number };
  readonly board: BoardConfig;
  readonly instances: InstancesConfig;
  readonly retention: RetentionConfig;
  readonly learning: LearningConfig;
  readonly routing: RoutingConfig;
  readonly patience: PatienceConfig;
  readonly kinds: readonly KindConfig[];
  readonly experts: readonly Expert[];
  readonly alerts: AlertsConfig;
  readonly http: HttpConfig;
  /** Where each value came from, by dotted key; what is absent is a default. */
  readonly origins: Readonly<Record<string, string>>;
  /** Worth telling the user, but no reason not to start. */
  readonly warnings: readonly string[];
}
