/** Does a thing at most so often, and not while nobody looks: what comes meanwhile is done in one go after. */

export interface PacerPorts {
  /** Ms, growing. */
  readonly now: () => number;
  /** Calls `then` in `ms`; the function that comes back stops that. */
  readonly later: (then: () => void, ms: number) => () => void;
  readonly hidden: () => boolean;
}

export class Pacer {
  readonly #act: () => void;
  readonly #gapMs: number;
  readonly #ports: PacerPorts;
  #actedAt = Number.NEGATIVE_INFINITY;
  #stop: (() => void) | null = null;
  #waits = false;

  constructor(act: () => void, gapMs: number, ports: PacerPorts) {
    this.#act = act;
    this.#gapMs = gapMs;
    this.#ports = ports;
  }

  /** Something changed. */
  ask(): void {
    this.#waits = true;
    this.#arrange();
  }

  /** The page was shown or hidden. */
  visibilityChanged(): void {
    if (this.#waits) this.#arrange();
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#waits = false;
  }

  #arrange(): void {
    if (this.#stop !== null || this.#ports.hidden()) return;
    const wait = this.#actedAt + this.#gapMs - this.#ports.now();
    if (wait > 0) {
      this.#stop = this.#ports.later(() => {
        this.#stop = null;
        this.#arrange();
      }, wait);
      return;
    }
    this.#waits = false;
    this.#actedAt = this.#ports.now();
    this.#act();
  }
}
