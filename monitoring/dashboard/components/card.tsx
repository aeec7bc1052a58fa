/** A framed part of a page with a heading. */

import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  readonly title: ComponentChildren;
  /** At the right of the heading: figures, links, buttons. */
  readonly aside?: ComponentChildren;
  readonly children?: ComponentChildren;
  /** Content up to the frame, as a table. */
  readonly flush?: boolean;
  readonly class?: string;
  readonly "data-testid"?: string;
}

export function Card(props: CardProps): VNode {
  const id = useId();
  return (
    <section
      class={`card ${props.flush === true ? "flush" : ""} ${props.class ?? ""}`}
      aria-labelledby={id}
      data-testid={props["data-testid"]}
    >
      <header class="card-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside !== undefined && <div class="aside">{props.aside}</div>}
      </header>
      <div class="card-body">{props.children}</div>
    </section>
  );
}
