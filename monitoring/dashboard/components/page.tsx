/** The frame of every page: its one main heading, what it is about, and what can be done. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";

interface PageProps {
  readonly title: string;
  /** Beside the title. */
  readonly note?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Page({ title, note, actions, children }: PageProps): VNode {
  useEffect(() => {
    document.title = `${title} · flow-balancer`;
  }, [title]);
  return (
    <div class="page" data-testid={`page-${title.toLowerCase().split(" ")[0]}`}>
      <header class="page-head">
        <h1>{title}</h1>
        {note !== undefined && <div class="page-note">{note}</div>}
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
