/** Looks at evidence: nothing is believed for having been said. A look never throws; what went wrong is what was seen. */

import { createReadStream, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Evidence, EvidenceCheck } from "../core/board.ts";
import { durationInWords } from "../core/duration-in-words.ts";
import type { BoardContext } from "./board-context.ts";
import { shown } from "./check-text.ts";

/** One look takes no longer, whatever limit a command has of its own. What needs more is better a task of the pool that is named as evidence. */
export const LOOK_LIMIT_MS = 11 * 60_000;
const MAX_SEEN = 500;
/** Closing any descriptor on one of these would drop the locks that this process has on the database. */
const DATABASE_FILES = ["flow.db", "flow.db-wal", "flow.db-shm"];

interface Seen {
  readonly holds: boolean;
  readonly seen: string;
}

export async function checkEvidence(
  context: BoardContext,
  evidence: Evidence,
): Promise<EvidenceCheck> {
  const stop = new AbortController();
  const { promise, resolve: tooLate } = Promise.withResolvers<Seen>();
  const cancel = context.env.timer(LOOK_LIMIT_MS, () => {
    stop.abort();
    tooLate(no(`no answer within ${durationInWords(LOOK_LIMIT_MS)}`));
  });
  const looking = look(context, evidence, stop.signal).catch((thrown) =>
    no(thrown instanceof Error ? thrown.message : String(thrown)),
  );
  const { holds, seen } = await Promise.race([looking, promise]);
  cancel();
  return {
    evidence,
    holds,
    seen: shown(seen, MAX_SEEN),
    at: context.env.now(),
  };
}

const no = (seen: string): Seen => ({ holds: false, seen });

async function look(
  context: BoardContext,
  evidence: Evidence,
  signal: AbortSignal,
): Promise<Seen> {
  switch (evidence.type) {
    case "command": {
      const { argv, cwd } = evidence;
      const at = cwd === null ? null : resolve(context.root, cwd);
      const { ok, seen } = await context.checkCommand(argv, at);
      return { holds: ok, seen };
    }
    case "file":
      return lookAtFile(context, evidence, signal);
    case "task": {
      const task = await context.queue.get(evidence.id);
      return task === null
        ? no("there is no such task")
        : { holds: task.state === "completed", seen: task.state };
    }
  }
}

async function lookAtFile(
  { root, home }: BoardContext,
  { path, sha256 }: Evidence & { type: "file" },
  signal: AbortSignal,
): Promise<Seen> {
  const absolute = resolve(root, path);
  const found = await statOrNull(absolute);
  if (found === null) return no("there is no such file");
  if (!found.isFile()) return no("it is not a regular file");
  const size = `${found.size} bytes`;
  if (sha256 === null) return { holds: true, seen: size };
  for (const name of DATABASE_FILES) {
    const ours = await statOrNull(join(home, name));
    if (ours?.ino === found.ino && ours.dev === found.dev)
      return no("the board's own database is no evidence");
  }
  const hash = await hashOf(absolute, signal);
  return {
    holds: hash === sha256.toLowerCase(),
    seen: `${size}, sha256 ${hash}`,
  };
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (thrown) {
    const code = (thrown as { code?: unknown }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw thrown;
  }
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of createReadStream(path, { signal }))
    hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
