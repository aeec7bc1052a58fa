/** A button that looks like one. */

import type { ComponentChildren, VNode } from "preact";

interface ButtonProps {
  readonly onClick: (event: MouseEvent) => unknown;
  readonly children: ComponentChildren;
  readonly kind?: "plain" | "primary" | "danger" | "quiet";
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly title?: string;
  readonly label?: string;
  readonly "data-testid"?: string;
}

export function Button(props: ButtonProps): VNode {
  return (
    <button
      type="button"
      class={`button ${props.kind ?? "plain"}`}
      disabled={props.disabled}
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={props.title}
      onClick={props.onClick}
      data-testid={props["data-testid"]}
    >
      {props.children}
    </button>
  );
}
