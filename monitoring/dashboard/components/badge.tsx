/** A word with its colour: a task's state, a tier, a severity. The word says it, the colour only helps. */

import type { ComponentChildren, VNode } from "preact";

/** Which colour a word has; others are grey. */
const TONES: Readonly<Record<string, string>> = {
  queued: "grey",
  blocked: "grey",
  ready: "cyan",
  running: "blue",
  active: "blue",
  busy: "blue",
  flowing: "blue",
  starting: "cyan",
  warming: "cyan",
  done: "green",
  completed: "green",
  ok: "green",
  live: "green",
  idle: "green",
  failed: "red",
  failing: "red",
  critical: "red",
  firing: "red",
  dead: "red",
  died: "red",
  timed_out: "orange",
  surging: "orange",
  degraded: "amber",
  warning: "amber",
  pending: "amber",
  retiring: "amber",
  draining: "amber",
  paused: "amber",
  cancelled: "grey",
  cleared: "grey",
  unknown_outcome: "violet",
  poisoned: "pink",
  hot: "orange",
  warm: "amber",
  cold: "blue",
};

interface BadgeProps {
  /** A state, tier or severity; "_" is shown as a space. */
  readonly of: string;
  readonly children?: ComponentChildren;
  readonly title?: string;
}

export function Badge({ of, children, title }: BadgeProps): VNode {
  return (
    <span class="badge" data-tone={toneOf(of)} title={title}>
      {children ?? of.replaceAll("_", " ")}
    </span>
  );
}

export const toneOf = (word: string): string => TONES[word] ?? "grey";
