/** Files of others, changed with care: a reader sees the old text or the new, never half of one. */

import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { bunEnv } from "../env.ts";

/** Null if there is no such file. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * Copies the file to `<path>.bak-<timestamp>` (returned; null if there was none), then puts
 * `text` in its place with the same mode. A symbolic link stays one: its target is replaced.
 */
export function replaceFile(path: string, text: string): string | null {
  mkdirSync(dirname(path), { recursive: true });
  const old = readIfThere(path) !== null;
  const target = old ? realpathSync(path) : path;
  const backup = `${path}.bak-${timestamp()}`;
  if (old) copyFileSync(target, backup, constants.COPYFILE_EXCL);
  const mode = old ? statSync(target).mode & 0o777 : null;
  const temporary = `${target}.new-${bunEnv.unique()}`;
  try {
    writeSynced(temporary, text, mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return old ? backup : null;
}

/** Sortable and free of what file systems dislike: 20261121T083015123Z. */
const timestamp = (): string =>
  new Date(bunEnv.now()).toISOString().replace(/[-:.]/g, "");

/** With no mode of its own the file gets what the user's umask says. */
function writeSynced(path: string, text: string, mode: number | null): void {
  const file = openSync(path, "wx", 0o666);
  try {
    if (mode !== null) fchmodSync(file, mode);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
