/** What is kept in the home: the store, and the folders beside it that servers and scripts need. */

import { lstatSync } from "node:fs";
import { join } from "node:path";
import { fail, type Finding, ok, warn } from "./finding.ts";

export type StoreProbe =
  | { readonly type: "absent" | "sound" }
  | { readonly type: "wrong"; readonly reason: string; readonly fix: string };

/** Opens the store at a path, reads all of it, and leaves it as it is. */
export type ProbeStore = (path: string) => StoreProbe;

export function checkStore(home: string, probe: ProbeStore): Finding {
  const path = join(home, "flow.db");
  const found = probe(path);
  switch (found.type) {
    case "absent":
      return ok("store", `${path} (made at the first start)`);
    case "sound":
      return ok("store", path);
    case "wrong":
      return fail("store", found.reason, found.fix);
  }
}

export const checkFolders = (home: string): Finding[] => [
  checkFolder(home, "instances", fail, "no server can start"),
  checkFolder(home, "claims", warn, "scripts are offered no work"),
];

/** Servers refuse a link there: it would lead out of the home. */
function checkFolder(
  home: string,
  name: string,
  found: typeof fail,
  then: string,
): Finding {
  const path = join(home, name);
  const fix = "Remove it, or move it away; it is made again.";
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined)
      return ok(name, `${path} (made when it is needed)`);
    return stats.isDirectory()
      ? ok(name, path)
      : found(name, `${path} is not a directory: ${then}`, fix);
  } catch (thrown) {
    return found(name, (thrown as Error).message, fix);
  }
}
