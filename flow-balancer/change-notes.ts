/** Tells whoever watches which tasks changed: those of one turn of the event loop together, after it, so that a task pays next to nothing for it. */

import type { TaskId } from "./core/ids.ts";

export class ChangeNotes {
  readonly #tell: (ids: readonly TaskId[]) => void;
  #ids: TaskId[] = [];

  constructor(tell: (ids: readonly TaskId[]) => void) {
    this.#tell = tell;
  }

  add(id: TaskId): void {
    if (this.#ids.push(id) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const ids = this.#ids;
    this.#ids = [];
    this.#tell(ids);
  };
}
