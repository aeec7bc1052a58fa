/** Where the user's own files are, by the XDG rules: a folder that is not absolute is as good as none. */

import { isAbsolute, join } from "node:path";
import type { Environment } from "./text-layer.ts";

/** The user's configuration, for all projects. */
export const userConfigPath = (env: Environment, userHome: string): string =>
  join(
    folder(env.XDG_CONFIG_HOME, join(userHome, ".config")),
    "flow-balancer",
    "config.toml",
  );

/** Where programs keep what has to survive a restart. */
export const stateFolder = (env: Environment, userHome: string): string =>
  folder(env.XDG_STATE_HOME, join(userHome, ".local", "state"));

const folder = (variable: string | undefined, otherwise: string): string =>
  variable !== undefined && isAbsolute(variable) ? variable : otherwise;
