/**
 * Every single setting and its names: `pool.max_workers` in a file is
 * FLOW_BALANCER_POOL_MAX_WORKERS in the environment and --pool-max-workers on a command line.
 * Tables whose keys the user chooses have no such names.
 */

import {
  isByName,
  isLeaf,
  isTables,
  type Leaf,
  type Rule,
  SETTINGS,
  type Table,
} from "./settings.ts";

export interface SettingName {
  readonly path: readonly string[];
  readonly key: string;
  readonly variable: string;
  readonly flag: string;
  readonly rule: Leaf<unknown>;
}

export const SETTING_NAMES: readonly SettingName[] = namesIn(SETTINGS, []);

function namesIn(rule: Rule, path: readonly string[]): SettingName[] {
  if (isByName(rule) || isTables(rule)) return [];
  if (!isLeaf(rule))
    return Object.entries<Rule>(rule satisfies Table).flatMap(([key, inner]) =>
      namesIn(inner, [...path, key]),
    );
  const name = path.join("_");
  return [
    {
      path,
      key: path.join("."),
      variable: `FLOW_BALANCER_${name.toUpperCase()}`,
      flag: `--${name.replaceAll("_", "-")}`,
      rule,
    },
  ];
}
