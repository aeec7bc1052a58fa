/** Sessions nobody opened and nobody closes: of a connection, or by the client's own name for its session. */

import type { InstanceId, SessionId } from "./core/ids.ts";

export const IMPLICIT = "connection_";

/** Longer names are no use as part of another. */
const MAX_CHARS = 150;

/** The client's own name for its session, which outlives its connection; null if it has none. */
export function clientSessionOf(
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const name = environment["CLAUDE_CODE_SESSION_ID"] ?? "";
  if (name === "") return null;
  return name.length <= MAX_CHARS
    ? name
    : new Bun.CryptoHasher("sha256").update(name).digest("hex");
}

/** How the names of all connections of a server begin: with it they are gone. */
export const connectionPrefix = (server: InstanceId): string =>
  `${IMPLICIT}${server}.`;

export const implicitSession = (name: string): SessionId =>
  `${IMPLICIT}${name}` as SessionId;
