/** How a whole splits into parts: one bar in colours, and the numbers below. */

import type { VNode } from "preact";
import { count, percent } from "../format.ts";
import { toneOf } from "./badge.tsx";

interface Part {
  /** A tier or state; decides the colour. */
  readonly of: string;
  readonly n: number;
  readonly title: string;
}

interface SplitProps {
  readonly label: string;
  readonly parts: readonly Part[];
}

export function Split({ label, parts }: SplitProps): VNode {
  const whole = parts.reduce((sum, { n }) => sum + n, 0);
  const share = (n: number): number | null => (whole === 0 ? null : n / whole);
  return (
    <div class="split">
      <div
        class="split-bar"
        role="img"
        aria-label={`${label}: ${parts.map(({ of, n }) => `${of} ${percent(share(n))}`).join(", ")}`}
      >
        {parts.map(({ of, n }) => (
          <span
            key={of}
            data-tone={toneOf(of)}
            style={{ flexGrow: whole === 0 ? 0 : n }}
          />
        ))}
      </div>
      <dl>
        {parts.map(({ of, n, title }) => (
          <div key={of}>
            <dt class="badge" data-tone={toneOf(of)} title={title}>
              {of}
            </dt>
            <dd>
              <strong>{percent(share(n))}</strong>{" "}
              <span class="muted">{count(n)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
