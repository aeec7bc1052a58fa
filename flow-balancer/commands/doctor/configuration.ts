/** The configuration: right as a whole, and the modules it names are there. */

import { existsSync } from "node:fs";
import { type Config, loadConfig } from "../../config.ts";
import { BalancerError } from "../../core/errors.ts";
import type { Surroundings } from "../client-files.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** `config` is null if it is wrong: what depends on it cannot be probed then. */
export function readConfig(around: Surroundings): {
  readonly config: Config | null;
  readonly findings: readonly Finding[];
} {
  try {
    const config = loadConfig({ ...around, flags: {} });
    return { config, findings: [summary(config), ...doubts(config)] };
  } catch (error) {
    if (!(error instanceof BalancerError)) throw error;
    const findings = error.message
      .split("\n")
      .map((problem) =>
        fail("configuration", problem, "Correct it; nothing starts before."),
      );
    for (const check of ["home", "worker"])
      findings.push(
        fail(check, "not looked at", "Correct the configuration first."),
      );
    return { config: null, findings };
  }
}

function summary(config: Config): Finding {
  const said = Object.keys(config.origins).length;
  return ok(
    "configuration",
    `project ${config.projectRoot}: ${said} ${said === 1 ? "value" : "values"} set, the rest defaults`,
  );
}

const doubts = (config: Config): Finding[] => [
  ...config.warnings.map((it) =>
    warn("configuration", it, "Correct the name or unset the variable."),
  ),
  ...config.kinds
    .filter(({ module }) => !existsSync(module))
    .map(({ name, module }) =>
      fail(
        "configuration",
        `kind '${name}': there is no ${module}`,
        `Correct kinds.${name}.module, a path relative to its file.`,
      ),
    ),
  ...config.roots
    .filter((root) => !existsSync(root))
    .map((root) =>
      warn("configuration", `the root ${root} is not there`, "Correct roots."),
    ),
];
