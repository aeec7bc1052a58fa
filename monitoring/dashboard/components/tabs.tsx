/** Views of one thing, one at a time: arrow keys go from tab to tab. The address says which is open. */

import type { ComponentChildren, VNode } from "preact";
import { useId, useRef } from "preact/hooks";
import "./tabs.css";

interface Tab {
  readonly key: string;
  readonly label: string;
  readonly count?: number;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly open: string;
  readonly onOpen: (key: string) => void;
  /** Of the open one. */
  readonly children: ComponentChildren;
}

export function Tabs(props: TabsProps): VNode {
  const { label, tabs, open, onOpen, children } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ key }) => key === open);
    const to = target(event.key, at, tabs.length);
    const tab = to === null ? undefined : tabs[to];
    if (tab === undefined || to === null) return;
    event.preventDefault();
    onOpen(tab.key);
    const button = list.current?.children[to];
    if (button instanceof HTMLElement) button.focus();
  };
  return (
    <div class="tab-views">
      <div
        class="tab-list"
        role="tablist"
        aria-label={label}
        ref={list}
        onKeyDown={onKeyDown}
      >
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`${id}-${tab.key}`}
            aria-selected={tab.key === open}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === open ? 0 : -1}
            data-testid={`tab-${tab.key}`}
            onClick={() => onOpen(tab.key)}
          >
            {tab.label}
            {tab.count !== undefined && (
              <span class="tab-count">{tab.count}</span>
            )}
          </button>
        ))}
      </div>
      <div
        class="tab-panel"
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${open}`}
      >
        {children}
      </div>
    </div>
  );
}

/** Null: not a key of ours. */
function target(key: string, at: number, n: number): number | null {
  switch (key) {
    case "ArrowLeft":
      return (at - 1 + n) % n;
    case "ArrowRight":
      return (at + 1) % n;
    case "Home":
      return 0;
    case "End":
      return n - 1;
    default:
      return null;
  }
}
