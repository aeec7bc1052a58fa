/**
 * The token of a home, in its file `http-token`: whoever can read that file is the home's user, and may use the
 * server. Made once, whole or not at all; servers that share the home share it.
 */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BalancerError } from "../../flow-balancer/core/errors.ts";

const TOKEN_BYTES = 32;
/** What goes into a header as it is; a user may write a token of their own. */
const FORM = /^[\x21-\x7e]{32,512}$/;

/** The file of a home. */
export const tokenFile = (home: string): string => join(home, "http-token");

/**
 * The token, made if there is none. The home has to be there. Throws UNSAFE_PERMISSIONS for a file that others
 * can read or that is another's, INVALID_CONFIG for one without a token, STORAGE_FAILED.
 */
export function accessToken(home: string): string {
  const path = tokenFile(home);
  return readToken(path) ?? makeToken(path);
}

function makeToken(path: string): string {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    writeFileSync(draft, `${token}\n`, {
      flag: "wx",
      mode: 0o600,
      flush: true,
    });
    // A link is made whole, and by one of two that try.
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw unusable(path, error);
  } finally {
    rmSync(draft, { force: true });
  }
  const token = readToken(path);
  if (token === null) throw unusable(path, "it was taken away");
  return token;
}

/** Null: there is no file. */
function readToken(path: string): string | null {
  let file: number;
  try {
    // Not what a link leads to, and never waiting for whoever writes to a pipe.
    file = openSync(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return null;
    if (code === "ELOOP") throw unsafe(path, "is a symbolic link");
    throw unusable(path, error);
  }
  try {
    checkOwner(path, fstatSync(file));
    const token = readFileSync(file, "latin1").trim();
    if (FORM.test(token)) return token;
    throw new BalancerError(
      "INVALID_CONFIG",
      `${path} does not hold a token: 32 to 512 printable characters of ASCII in one line`,
      { hint: "Remove the file; the server makes a new one." },
    );
  } finally {
    closeSync(file);
  }
}

function checkOwner(path: string, stats: Stats): void {
  if (!stats.isFile()) throw unsafe(path, "is not a file");
  if (stats.uid !== process.getuid?.())
    throw unsafe(path, `belongs to the user with id ${stats.uid}`);
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new BalancerError(
      "UNSAFE_PERMISSIONS",
      `${path} can be used by others (mode ${mode.toString(8)}), who may have read the token`,
      { hint: `Remove it; the server makes a new one: rm '${path}'` },
    );
}

const unsafe = (path: string, reason: string): BalancerError =>
  new BalancerError("UNSAFE_PERMISSIONS", `${path} ${reason}`, {
    hint: "Remove it; the server makes a new one.",
  });

const unusable = (path: string, cause: unknown): BalancerError =>
  new BalancerError(
    "STORAGE_FAILED",
    `the token's file ${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
    { hint: "See that the home directory is there and can be written.", cause },
  );

const codeOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException).code;
