/**
 * The settings in force: flags, then FLOW_BALANCER_* variables, then the project's
 * flow-balancer.toml, then the user's config.toml, then defaults. Configuration is data and is
 * checked whole: a wrong value or an unknown key stops the start and every mistake is named.
 */

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { checkSource } from "./config/layer.ts";
import { contradictions, mergeSettings } from "./config/merge.ts";
import { findProjectRoot } from "./config/project-root.ts";
import {
  baseFolder,
  type Environment,
  type Flags,
  flagsSource,
  readTomlFile,
  userConfigPath,
  variablesSource,
  variableWarnings,
} from "./config/sources.ts";
import { withDefaults } from "./config/with-defaults.ts";
import { BalancerError } from "./core/errors.ts";
import type { Effects } from "./core/task.ts";

export interface PoolConfig {
  readonly maxWorkers: number;
  /** Cold processes kept ready. */
  readonly spareWorkers: number;
  readonly maxWaiting: number;
  readonly idleMs: number;
  readonly startTimeoutMs: number;
  readonly cancelGraceMs: number;
  readonly maxTasksPerWorker: number;
}

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
  readonly timeoutMs: number | null;
  /** Names of variables that its workers are given; never their values. */
  readonly env: readonly string[];
  readonly memoryMb: number | null;
  readonly capabilities: readonly string[];
}

export interface HttpConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
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
  readonly pool: PoolConfig;
  readonly tasks: TasksConfig;
  readonly patience: PatienceConfig;
  readonly kinds: readonly KindConfig[];
  readonly http: HttpConfig;
  /** Where each value came from, by dotted key; what is absent is a default. */
  readonly origins: Readonly<Record<string, string>>;
  /** Worth telling the user, but no reason not to start. */
  readonly warnings: readonly string[];
}

export interface ConfigSources {
  readonly flags: Flags;
  readonly env: Environment;
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
}

/** Throws INVALID_CONFIG with one line for each mistake there is in any of the sources. */
export function loadConfig(sources: ConfigSources): Config {
  const { flags, env, cwd, home } = sources;
  const projectRoot = findProjectRoot(cwd, env);
  const files = [
    userConfigPath(env, home),
    join(projectRoot, "flow-balancer.toml"),
  ].map(readTomlFile);
  const checked = [
    ...files.flatMap((file) => (file.type === "read" ? [file.source] : [])),
    variablesSource(env, cwd),
    flagsSource(flags, cwd),
  ].map((source) => checkSource(source, home));
  const problems = [
    ...files.flatMap((file) =>
      file.type === "unreadable" ? [file.problem] : [],
    ),
    ...checked.flatMap((it) => (it.ok ? [] : it.problems)),
  ];
  const layers = checked.flatMap((it) => (it.ok ? [it.layer] : []));
  const origins: Record<string, string> = Object.assign(
    {},
    ...layers.map((it) => it.origins),
  );
  const settings = layers.map((it) => it.settings).reduce(mergeSettings, {});
  problems.push(...contradictions(settings, origins));
  if (problems.length > 0)
    throw new BalancerError("INVALID_CONFIG", problems.join("\n"), {
      hint: "Correct what is named; nothing was started.",
    });
  return {
    ...withDefaults(settings, {
      projectRoot,
      stateFolder: baseFolder(
        env.XDG_STATE_HOME,
        join(home, ".local", "state"),
      ),
      cpus: availableParallelism(),
    }),
    origins,
    warnings: variableWarnings(env),
  };
}
