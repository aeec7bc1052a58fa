/** The home directory: there or makeable, private, writable. */

import { accessSync, constants } from "node:fs";
import { inspectHome } from "../../config/prepare-home.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { nearestFolder } from "./nearest-folder.ts";

export function checkHome(home: string): Finding {
  const state = inspectHome(home);
  switch (state.type) {
    case "unsafe":
      return fail("home", `${home} ${state.reason}`, state.fix);
    case "absent": {
      const folder = nearestFolder(home);
      return isWritable(folder)
        ? ok("home", `${home} (made at the first start)`)
        : fail(
            "home",
            `${home} cannot be made: ${folder} is not writable`,
            OTHER_HOME,
          );
    }
    case "readable":
    case "private":
      if (!isWritable(home))
        return fail("home", `${home} is not writable`, `chmod 700 '${home}'`);
      return state.type === "private"
        ? ok("home", home)
        : warn(
            "home",
            `${home} can be looked into by others (mode ${state.mode.toString(8)})`,
            `chmod 700 '${home}'`,
          );
  }
}

const OTHER_HOME = "Set FLOW_BALANCER_HOME to a directory of your own.";

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // Whatever the reason, nothing can be stored there.
    return false;
  }
}
