/**
 * Which version of its session's state a worker holds. It is sent what was saved last before a job that
 * would find something older; and what a job changed there is known by the version it was made from.
 */

import type { SessionId } from "../core/ids.ts";
import type { SessionState } from "../core/session.ts";
import type { ToWorker } from "../worker/protocol.ts";

/**
 * What is saved of a session now, what is on its way to disk included; null: nothing is kept of it, and
 * its memory lives and ends with its worker. Throws if it cannot be read: the job fails with that.
 */
export type SessionStateSource = (session: SessionId) => SessionState | null;

/** No saved version is this one: what is made from it is refused. */
const REFUSED = -1;

export class HeldState {
  readonly #source: SessionStateSource | undefined;
  readonly #send: (message: ToWorker) => void;
  #session: SessionId | null = null;
  #version = REFUSED;

  constructor(
    source: SessionStateSource | undefined,
    send: (message: ToWorker) => void,
  ) {
    this.#source = source;
    this.#send = send;
  }

  /** Before a job of the session is sent, unless another runs there: its memory is not to change under it. Throws what the source throws. */
  bring(session: SessionId): void {
    if (this.#source === undefined) return;
    const saved = this.#source(session);
    if (saved === null) {
      this.#session = null;
      return;
    }
    if (this.#session === session && this.#version === saved.version) return;
    // First: reading it may find a newer version.
    const { json } = saved;
    this.#send({ type: "session", session, json });
    this.#session = session;
    this.#version = saved.version;
  }

  /** A job changed it: the version that was made from; null if nothing is kept of it. */
  changed(session: SessionId): number | null {
    if (this.#session !== session) return null;
    const base = this.#version;
    if (base !== REFUSED) this.#version = base + 1;
    return base;
  }

  /** A change was refused: what the worker holds is nobody's state, and goes before its next job. */
  forget(session: SessionId): void {
    if (this.#session === session) this.#version = REFUSED;
  }
}
