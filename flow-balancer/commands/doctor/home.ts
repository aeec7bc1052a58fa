/** The home directory: there or makeable, private, writable, on a file system that SQLite can be trusted with. */

import {
  type HomeProbe,
  type HomeState,
  inspectHome,
} from "../../config/prepare-home.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** Says what a server that starts there would say. */
export function checkHome(home: string, probe?: HomeProbe): Finding {
  const state = inspectHome(home, probe);
  if (state.type === "unsafe")
    return fail("home", `${home} ${state.reason}`, state.fix);
  if (state.caution !== null)
    return warn("home", `${home} ${state.caution.reason}`, state.caution.fix);
  return privacy(home, state);
}

function privacy(
  home: string,
  state: Exclude<HomeState, { readonly type: "unsafe" }>,
): Finding {
  switch (state.type) {
    case "absent":
      return ok("home", `${home} (made at the first start)`);
    case "private":
      return ok("home", home);
    case "readable":
      return warn(
        "home",
        `${home} can be looked into by others (mode ${state.mode.toString(8)})`,
        `chmod 700 '${home}'`,
      );
  }
}
