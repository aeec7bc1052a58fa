/** The home directory: one user's alone, or not used at all. */

import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { BalancerError } from "../core/errors.ts";

export type HomeState =
  | { readonly type: "absent" }
  | { readonly type: "private"; readonly mode: number }
  /** Others may read it: not refused, files in it are private by themselves. */
  | { readonly type: "readable"; readonly mode: number }
  | { readonly type: "unsafe"; readonly reason: string; readonly fix: string };

/** Creates the directory (0700) unless it is there. Throws UNSAFE_PERMISSIONS, or STORAGE_FAILED if it cannot be made. */
export function prepareHome({ home }: { readonly home: string }): void {
  if (inspectHome(home).type === "absent") createHome(home);
  const state = inspectHome(home);
  if (state.type === "unsafe")
    throw new BalancerError(
      "UNSAFE_PERMISSIONS",
      `the home directory ${home} ${state.reason}`,
      { hint: state.fix },
    );
}

/** Only looks. */
export function inspectHome(home: string): HomeState {
  let stats: Stats;
  try {
    stats = lstatSync(home);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return { type: "absent" };
    const reason = `cannot be looked at: ${(error as Error).message}`;
    return { type: "unsafe", reason, fix: OTHER_HOME };
  }
  const mode = stats.mode & 0o777;
  if (stats.isSymbolicLink())
    return {
      type: "unsafe",
      reason: "is a symbolic link",
      fix: `Set FLOW_BALANCER_HOME to the directory itself: ls -ld '${home}'`,
    };
  if (!stats.isDirectory())
    return { type: "unsafe", reason: "is not a directory", fix: OTHER_HOME };
  if (stats.uid !== process.getuid?.())
    return {
      type: "unsafe",
      reason: `belongs to the user with id ${stats.uid}`,
      fix: OTHER_HOME,
    };
  if ((mode & 0o022) !== 0)
    return {
      type: "unsafe",
      reason: `can be written by others (mode ${mode.toString(8)})`,
      fix: `chmod 700 '${home}'`,
    };
  return { type: (mode & 0o077) === 0 ? "private" : "readable", mode };
}

const OTHER_HOME = "Set FLOW_BALANCER_HOME to a directory of your own.";

function createHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new BalancerError(
      "STORAGE_FAILED",
      `the home directory ${home} cannot be made: ${(error as Error).message}`,
      { hint: OTHER_HOME, cause: error },
    );
  }
}
