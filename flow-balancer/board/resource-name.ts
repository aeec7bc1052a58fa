/** One name for one thing: what two holders could both claim under different spellings, they would both have. */

import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { BOARD_LIMITS } from "../core/board-limits.ts";
import { checkPath } from "./check-item.ts";
import { checkText, checkWhole, invalid } from "./check-text.ts";

const FILE = "file:";
const PORT = "port:";

/** `file:` with an absolute path without links, `port:` with a number, or the name as it is. Throws INVALID_ARGUMENT or OUT_OF_RANGE. */
export function resourceName(name: string, root: string): string {
  if (name.startsWith(FILE)) {
    const path = name.slice(FILE.length);
    checkPath(path, FILE);
    return FILE + realPath(resolve(root, path));
  }
  checkText(name, {
    where: "resource",
    max: BOARD_LIMITS.nameChars,
    isLine: true,
  });
  if (!name.startsWith(PORT)) return name.normalize();
  const digits = name.slice(PORT.length).trim();
  if (!/^\d{1,5}$/.test(digits))
    throw invalid(`${PORT} a number is needed, as in port:8080`);
  checkWhole(Number(digits), PORT, 1, 65_535);
  return `${PORT}${Number(digits)}`;
}

/** Also of a file that is not there yet: the part that is there, resolved, and the rest behind it. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
