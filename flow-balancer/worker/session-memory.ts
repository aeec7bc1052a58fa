/**
 * The sessions' states in a worker process. One whose session is kept (the parent sent what was saved
 * last) is compared with that after each task that looked at it; of any other nobody hears.
 */

import { wireError, type WireError } from "../core/errors.ts";
import { encodeState } from "./encode-state.ts";

interface Memory {
  readonly state: Map<string, unknown>;
  /** As it was last sent or received, as this process encodes it; null: the session is not kept. */
  known: string | null;
  /** What was said of entries that are not saved: said once. */
  readonly said: Set<string>;
}

export interface StateChange {
  /** To be saved; null: nothing changed, or it must not be. */
  readonly json: string | null;
  /** Lines for the task's output. */
  readonly notes: readonly string[];
  /** What it changed is lost: no task that counts on it has completed. */
  readonly lost?: WireError;
}

const NOTHING: StateChange = { json: null, notes: [] };

export class SessionMemory {
  readonly #maxBytes: number;
  readonly #memories = new Map<string, Memory>();

  /** A state of more than `maxBytes` as JSON is not saved. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  stateOf(session: string): Map<string, unknown> {
    return this.#of(session).state;
  }

  /**
   * What was saved last takes the place of what is here; what is of this process alone (see
   * encode-state.ts) stays. A worker serves one session at a time: what it was given of others goes.
   */
  restore(session: string, json: string): void {
    for (const [other, { known }] of this.#memories)
      if (other !== session && known !== null) this.#memories.delete(other);
    const memory = this.#of(session);
    const { unsaved } = encodeState(memory.state);
    const saved = JSON.parse(json) as Record<string, unknown>;
    for (const key of memory.state.keys())
      if (!unsaved.has(key)) memory.state.delete(key);
    for (const [key, value] of Object.entries(saved))
      memory.state.set(key, value);
    memory.known = encodeState(memory.state).json;
  }

  /** After a task that looked at it. */
  changeOf(session: string): StateChange {
    const memory = this.#of(session);
    if (memory.known === null) return NOTHING;
    const { json, unsaved } = encodeState(memory.state);
    const notes = [...unsaved].map(
      ([key, why]) =>
        `'${String(key).slice(0, 80)}' is kept in this process only: ${why}`,
    );
    if (json === memory.known)
      return { json: null, notes: unsaid(memory, notes) };
    const bytes = Buffer.byteLength(json);
    if (bytes > this.#maxBytes) {
      const lost = wireError(
        "PAYLOAD_TOO_LARGE",
        `the task ran, but what it left in its session's state is ${bytes} bytes as JSON, the limit is ${this.#maxBytes}: it is not saved`,
        "Keep large data in files, and their paths in the state.",
      );
      return { json: null, notes: unsaid(memory, notes), lost };
    }
    memory.known = json;
    return { json, notes: unsaid(memory, notes) };
  }

  #of(session: string): Memory {
    let memory = this.#memories.get(session);
    if (memory === undefined) {
      memory = { state: new Map(), known: null, said: new Set() };
      this.#memories.set(session, memory);
    }
    return memory;
  }
}

function unsaid({ said }: Memory, notes: readonly string[]): string[] {
  const fresh = notes.filter((note) => !said.has(note));
  for (const note of fresh) said.add(note);
  return fresh.map((note) => `session state: ${note}\n`);
}
