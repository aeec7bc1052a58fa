/** What stands where nothing is: why, and what would fill it. */

import type { ComponentChildren, VNode } from "preact";

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Empty({ title, children }: EmptyProps): VNode {
  return (
    <div class="empty" data-testid="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

/** Grey lines in the place of what is still loading. */
export function Loading({ lines = 4 }: { readonly lines?: number }): VNode {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <div class="skeleton" key={line} />
      ))}
    </div>
  );
}
