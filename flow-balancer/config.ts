/**
 * The settings in force: flags, then FLOW_BALANCER_* variables, then the project's
 * flow-balancer.toml, then the user's config.toml, then defaults. Configuration is data and is
 * checked whole: a wrong value or an unknown key stops the start and every mistake is named.
 */

import { lstatSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Checked } from "./config/layer.ts";
import { contradictions, mergeSettings } from "./config/merge.ts";
import { stateFolder, userConfigPath } from "./config/places.ts";
import { findProjectRoot } from "./config/project-root.ts";
import type { Config } from "./config/shape.ts";
import {
  checkFlags,
  checkVariables,
  type Environment,
  type Flags,
  variableWarnings,
} from "./config/text-layer.ts";
import { withDefaults } from "./config/with-defaults.ts";
import { BalancerError } from "./core/errors.ts";

export type { Config, HttpConfig } from "./config/shape.ts";

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
  ];
  const checked = [
    ...files.filter(isThere).map((path) => checkWhole(path, home)),
    checkVariables(env, cwd, home),
    checkFlags(flags, cwd, home),
  ];
  const problems = checked.flatMap((it) => (it.ok ? [] : it.problems));
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
      stateFolder: stateFolder(env, home),
      cpus: availableParallelism(),
    }),
    origins,
    warnings: variableWarnings(env),
  };
}

/** Loaded only if there is a file: its schema costs more time than all the rest of a start's settings. */
function checkWhole(path: string, userHome: string): Checked {
  const {
    checkFile,
  }: typeof import("./config/check-file.ts") = require("./config/check-file.ts");
  return checkFile(path, userHome);
}

/** What is there but cannot be looked at counts: reading it says why. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}
