/**
 * Metrics of this server: counts what the engine tells and reads what it does not, when somebody scrapes.
 * The engine's part of it is one push to a list; what is in it is counted now and then, in a turn of the
 * event loop of its own, when whoever waited for a task has its answer. What writes the text is loaded
 * with the first scrape, and nothing that happened before is missing from it.
 */

import { BoundedNames } from "../../monitoring/metrics/bounded-names.ts";
import type { MetricsText } from "../../monitoring/metrics/exposition.ts";
import { FactFamilies } from "../../monitoring/metrics/fact-families.ts";
import type { Family } from "../../monitoring/metrics/metric.ts";
import type { MetricsFacts } from "../../monitoring/metrics/metrics-facts.ts";
import { MetricsRecorder } from "../../monitoring/metrics/metrics-recorder.ts";
import type { EngineEvent, EventSink } from "../core/events.ts";
import type { Env } from "../core/ports.ts";
import type { KindRegistry } from "../pool/kind-registry.ts";

/** Kinds that get time series of their own beside those of the configuration. */
const OTHER_KINDS = 50;
/** Counted when there are so many, if nobody asks before: some 100 KiB, and 0.2 ms. */
const BATCH = 512;

export interface MetricsDeskParts {
  readonly env: Env;
  readonly kinds: Pick<KindRegistry, "list" | "names">;
  /** Asked with each scrape, and not before. */
  readonly facts: () => MetricsFacts;
}

export class MetricsDesk {
  readonly #recorder: MetricsRecorder;
  readonly #facts: FactFamilies;
  #events: EngineEvent[] = [];

  constructor({ env, kinds, facts }: MetricsDeskParts) {
    const names = new BoundedNames(kinds.names(), OTHER_KINDS);
    const known = kinds.list().map(({ kind }) => kind);
    this.#recorder = new MetricsRecorder(known, names);
    this.#facts = new FactFamilies({
      env,
      facts,
      kinds: names,
      unread: (what) => this.#recorder.unread(what),
    });
  }

  /** What the engine tells its events to. */
  readonly sink: EventSink = (event) => {
    if (this.#events.push(event) === BATCH) setImmediate(this.#count);
  };

  /** For a scrape. Never rejects for want of a fact: what cannot be read is left out. */
  async text(): Promise<MetricsText> {
    const { expose } = await import("../../monitoring/metrics/exposition.ts");
    return expose(await this.families());
  }

  /** The same as data. */
  async families(): Promise<readonly Family[]> {
    const facts = await this.#facts.read();
    this.#count();
    return [...this.#recorder.families(), ...facts];
  }

  /** Ends what it measures by itself; what was counted can still be read. */
  stop(): void {
    this.#facts.stop();
  }

  readonly #count = (): void => {
    const events = this.#events;
    this.#events = [];
    for (const event of events)
      try {
        this.#recorder.record(event);
      } catch {
        // Nothing that is only watched may end the server.
        this.#recorder.unread("events");
      }
  };
}
