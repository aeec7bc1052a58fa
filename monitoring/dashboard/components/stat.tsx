/** One figure with its name: large number, small unit, a line of detail below. */

import type { ComponentChildren, VNode } from "preact";
import { Link } from "../router.ts";

interface StatProps {
  readonly label: string;
  readonly value: ComponentChildren;
  readonly unit?: string;
  readonly detail?: ComponentChildren;
  readonly tone?: "good" | "warn" | "bad";
  /** What the number means, exactly. */
  readonly title?: string;
  /** Where it leads. */
  readonly href?: string;
  readonly "data-testid"?: string;
}

export function Stat(props: StatProps): VNode {
  return (
    <div
      class={`stat ${props.tone ?? ""}`}
      title={props.title}
      data-testid={props["data-testid"]}
    >
      <div class="stat-label">
        {props.href === undefined ? (
          props.label
        ) : (
          <Link href={props.href}>{props.label}</Link>
        )}
      </div>
      <div class="stat-value">
        {props.value}
        {props.unit !== undefined && <span class="unit"> {props.unit}</span>}
      </div>
      {props.detail !== undefined && (
        <div class="stat-detail">{props.detail}</div>
      )}
    </div>
  );
}
