/** A share as a bar; a person who cannot see it hears the words. */

import type { VNode } from "preact";
import { percent } from "../format.ts";

interface BarProps {
  /** 0..1; null: not known. */
  readonly share: number | null;
  /** What it is a share of. */
  readonly label: string;
  readonly tone?: "plain" | "good" | "warn" | "bad";
  /** Beside the bar; the percentage if left out. */
  readonly text?: string;
}

export function Bar({ share, label, tone = "plain", text }: BarProps): VNode {
  const filled = Math.max(0, Math.min(1, share ?? 0));
  return (
    <span class={`bar ${tone}`} title={label}>
      <span
        class="bar-track"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(filled * 100)}
      >
        <span class="bar-fill" style={{ width: `${filled * 100}%` }} />
      </span>
      <span class="bar-text">{text ?? percent(share)}</span>
    </span>
  );
}
