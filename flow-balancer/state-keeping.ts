/** How the state of sessions is kept, as far as the path of a task has to do with it. */

import type { SessionId, TaskId } from "./core/ids.ts";
import type { StateChange } from "./store/state-change.ts";

export interface StateKeeping {
  /** A task changed the state it was given under `baseVersion`. */
  changed(session: SessionId, json: string, baseVersion: number): StateChange;
  /** The task has ended, and what it left of the state was not saved: somebody else saved first. */
  refused(task: TaskId, session: SessionId, why: string): Promise<void>;
}
