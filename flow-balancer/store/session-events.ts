/** What goes wrong with sessions' states, where people and programs look for it: the events, and the output of the task. */

import { eq } from "drizzle-orm";
import { packText, unpackText } from "../codec/stored-text.ts";
import type { SessionId, TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { Store } from "./database.ts";
import { taskOutputs } from "./schema.ts";
import { events } from "./shared-schema.ts";

export class SessionEvents {
  readonly #store: Store;
  readonly #env: Env;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
  }

  /** A task's change was not saved. To be called once the task is settled: its output is there by then. */
  async refused(task: TaskId, session: SessionId, why: string): Promise<void> {
    await this.#store.commit.write(() => {
      this.#tell("session_state.refused", session, why, task);
      this.#addToOutput(task, `session state: ${why}\n`);
    });
  }

  /** The generation before was given out instead. */
  async damaged(session: SessionId, why: string): Promise<void> {
    await this.#store.commit.write(() =>
      this.#tell("session_state.damaged", session, why, null),
    );
  }

  #tell(
    type: string,
    session: SessionId,
    why: string,
    taskId: TaskId | null,
  ): void {
    this.#store.orm
      .insert(events)
      .values({
        at: this.#env.now(),
        type,
        taskId,
        holder: session,
        detailJson: JSON.stringify({ session, why }),
      })
      .run();
  }

  #addToOutput(taskId: TaskId, line: string): void {
    const { orm } = this.#store;
    const bytes = Buffer.byteLength(line);
    const printed = orm
      .select()
      .from(taskOutputs)
      .where(eq(taskOutputs.taskId, taskId))
      .limit(1)
      .get();
    if (printed === undefined) {
      const values = { taskId, text: line, bytesSeen: bytes, truncated: false };
      orm.insert(taskOutputs).values(values).run();
      return;
    }
    const before = unpackText(printed.text, `the output of ${taskId}`);
    const text = `${before}${before.endsWith("\n") || before === "" ? "" : "\n"}${line}`;
    const packed = packText(text);
    orm
      .update(taskOutputs)
      .set({
        // A text so long that it is packed off the thread stays as it is: here nothing can be waited for.
        text: packed instanceof Promise ? text : packed,
        bytesSeen: printed.bytesSeen + bytes,
      })
      .where(eq(taskOutputs.taskId, taskId))
      .run();
  }
}
