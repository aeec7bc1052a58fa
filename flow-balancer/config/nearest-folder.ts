/** The folder itself, or what is nearest to it of those that are there. */

import { existsSync } from "node:fs";
import { dirname } from "node:path";

export function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder)
    folder = dirname(folder);
  return folder;
}
