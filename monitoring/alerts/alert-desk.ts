/**
 * Watches the facts every few seconds and tells what begins to fire and what clears: to the log, to
 * whoever listens, and to the hooks a person named. Of several servers on a home, all follow the rules of
 * the home, but only the one that `isLeader` calls hooks for them; who takes over from a leader that died
 * tells them again what fires at that moment: rather twice than never. A hook or a listener that fails
 * stops nothing.
 */

import type { AlertsConfig } from "../../flow-balancer/core/alert-limits.ts";
import { toWireError } from "../../flow-balancer/core/errors.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type { AlertView } from "../api/overview-views.ts";
import type { AlertFacts } from "./alert-facts.ts";
import type { AlertHook, AlertNotice, AlertOrigin } from "./alert-notice.ts";
import { ALERT_RULES } from "./alert-rules.ts";
import { HookLine } from "./hook-line.ts";
import {
  activeRules,
  NO_ALERTS,
  stepAlerts,
  type ActiveRule,
  type AlertChange,
  type AlertsState,
} from "./step-alerts.ts";

export interface AlertDeskParts {
  readonly env: Env;
  readonly settings: Pick<AlertsConfig, "enabled" | "rules">;
  readonly origin: AlertOrigin;
  readonly facts: () => AlertFacts;
  /** Whether this server is the one that tells of what concerns the whole home. */
  readonly isLeader: () => boolean;
  /** By name, for the log. */
  readonly hooks: Readonly<Record<string, AlertHook>>;
  readonly log: (
    level: "debug" | "warn" | "error",
    event: string,
    details: Readonly<Record<string, unknown>>,
  ) => void;
}

type Listener = (change: AlertChange) => void;

const LOOK_EVERY_MS = 5_000;

const ORDER = { firing: 0, pending: 1, cleared: 2 } as const;

export class AlertDesk {
  readonly #parts: AlertDeskParts;
  readonly #rules: readonly ActiveRule[];
  readonly #hooks: readonly HookLine[];
  readonly #listeners = new Set<Listener>();
  #state: AlertsState = NO_ALERTS;
  #led: boolean | null = null;
  #failedWith: string | null = null;
  #stopTimer: (() => void) | undefined;

  constructor(parts: AlertDeskParts) {
    this.#parts = parts;
    this.#rules = activeRules(parts.settings);
    this.#hooks = Object.entries(parts.hooks).map(
      ([name, hook]) =>
        new HookLine(hook, (reason) =>
          parts.log("warn", "alert.hook_failed", { hook: name, reason }),
        ),
    );
  }

  /** Does nothing where alerts are off. */
  start(): void {
    if (this.#parts.settings.enabled === "on") this.#plan();
  }

  /** Hooks that run are broken off. */
  async stop(): Promise<void> {
    this.#stopTimer?.();
    await Promise.all(this.#hooks.map((hook) => hook.stop()));
  }

  /** What fires first, then what may soon, then what cleared in the last ten minutes; of each the newest first. */
  current(): readonly AlertView[] {
    return [...this.#state.alerts.values()]
      .map(({ view }) => view)
      .sort((a, b) => ORDER[a.state] - ORDER[b.state] || b.since - a.since);
  }

  /** Calls `listener` whenever an alert begins to fire or clears, until the returned function is called. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #plan(): void {
    this.#stopTimer = this.#parts.env.timer(LOOK_EVERY_MS, () => {
      this.#plan();
      try {
        this.#look();
        this.#failedWith = null;
      } catch (thrown) {
        const { message } = toWireError(thrown);
        if (message !== this.#failedWith)
          this.#parts.log("warn", "alert.look_failed", { reason: message });
        this.#failedWith = message;
      }
    });
  }

  #look(): void {
    const { env, facts, isLeader } = this.#parts;
    const now = env.mono();
    const { state, changes } = stepAlerts(
      this.#state,
      this.#rules,
      facts(),
      now,
    );
    const before = this.#state;
    this.#state = state;
    const leads = isLeader();
    // Of what changes now the changes tell.
    if (leads && this.#led === false)
      for (const [name, { view }] of before.alerts)
        if (view.state === "firing" && ALERT_RULES[name].scope === "home")
          this.#call(view);
    this.#led = leads;
    for (const change of changes) this.#tell(change, leads);
  }

  #tell(change: AlertChange, leads: boolean): void {
    const { scope, alert } = change;
    const isTold = leads || scope === "server";
    const isGrave = alert.severity === "critical" && alert.state === "firing";
    const level = isTold ? (isGrave ? "error" : "warn") : "debug";
    this.#parts.log(level, `alert.${alert.state}`, { ...alert });
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (thrown) {
        this.#parts.log("warn", "alert.listener_failed", {
          reason: toWireError(thrown).message,
        });
      }
    }
    if (isTold) this.#call(alert);
  }

  #call(alert: AlertView): void {
    const { env, origin } = this.#parts;
    const notice: AlertNotice = {
      schema: 1,
      ...alert,
      ...origin,
      at: env.now(),
    };
    for (const hook of this.#hooks) hook.tell(notice);
  }
}
