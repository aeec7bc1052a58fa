/** Sessions on a store in memory, with their blobs in a folder that goes after the test. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionId, TaskId } from "../../flow-balancer/core/ids.ts";
import { Blobs } from "../../flow-balancer/store/blobs.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { SqliteSessions } from "../../flow-balancer/store/sqlite-sessions.ts";
import { tasks } from "../../flow-balancer/store/schema.ts";
import { FakeEnv } from "../support/fake-env.ts";

export const id = (name: string): SessionId => name as SessionId;

export const json = (chars: number, fill = "x"): string =>
  JSON.stringify({ text: fill.repeat(chars) });

export function sessionDesk(after: (clean: () => void) => void) {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders.splice(0))
      rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const home = mkdtempSync(join(tmpdir(), "sessions-"));
    folders.push(home);
    const folder = join(home, "blobs");
    const env = new FakeEnv();
    const store = openStore(join(home, "flow.db"), "normal", env);
    const blobs = new Blobs(home, env);
    const sessions = new SqliteSessions(store, env, blobs);
    let seq = 0;
    return {
      home,
      folder,
      env,
      store,
      blobs,
      sessions,
      /** Another process with the same home. */
      beside: () => {
        const other = openStore(join(home, "flow.db"), "normal", env);
        return new SqliteSessions(other, env, blobs);
      },
      files: (): string[] => {
        try {
          return readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((it) => it.isFile())
            .map((it) => join(it.parentPath, it.name));
        } catch {
          return [];
        }
      },
      task: (more: Partial<typeof tasks.$inferInsert> = {}) => {
        const name = `task_${++seq}` as TaskId;
        const row = {
          id: name,
          kind: "script",
          inputJson: "{}",
          priority: 0,
          state: "running" as const,
          attempt: 1,
          fence: 1,
          submittedAt: env.now(),
          ...more,
        };
        store.orm.insert(tasks).values(row).run();
        return { id: name, attempt: 1, fence: 1 };
      },
    };
  };
}
