/** What could be meant by what is being typed, below its field; the field keeps the focus. */

import type { VNode } from "preact";
import type { Completion } from "../query-completion.ts";

export const OPTIONS_ID = "query-options";
export const optionId = (index: number): string => `${OPTIONS_ID}-${index}`;

interface OptionsListProps {
  readonly options: readonly Completion[];
  /** Which one Enter takes; -1: none. */
  readonly at: number;
  readonly onChoose: (index: number) => void;
}

export function OptionsList({
  options,
  at,
  onChoose,
}: OptionsListProps): VNode {
  return (
    <ul
      class="options"
      id={OPTIONS_ID}
      role="listbox"
      aria-label="What could be meant"
      hidden={options.length === 0}
    >
      {options.map(({ insert, note }, index) => (
        <li
          key={insert}
          id={optionId(index)}
          role="option"
          aria-selected={index === at}
          onPointerDown={(event) => {
            event.preventDefault();
            onChoose(index);
          }}
        >
          <span class="mono">{insert}</span> <span class="muted">{note}</span>
        </li>
      ))}
    </ul>
  );
}
