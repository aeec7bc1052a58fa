/** The query line: chips for what is set, words being typed, and what could be meant. */

import type { VNode } from "preact";
import { workers } from "../live.ts";
import type { KnownValues } from "../query-completion.ts";
import type { TaskList } from "../task-list.ts";
import { chipsOf, type TaskQuery, withoutChip } from "../task-query.ts";
import { optionId, OPTIONS_ID, OptionsList } from "./options-list.tsx";
import { useQueryLine } from "./use-query-line.ts";

interface QueryBarProps {
  readonly query: TaskQuery;
  readonly list: TaskList;
  /** `typing`: more may follow. */
  readonly onQuery: (query: TaskQuery, typing: boolean) => void;
}

export function QueryBar({ query, list, onQuery }: QueryBarProps): VNode {
  const it = useQueryLine(query, () => knownValues(list), onQuery);
  const at = it.at.value;
  return (
    <div class="query" role="search">
      <div class="query-box">
        {chipsOf(query).map((chip) => (
          <button
            key={`${chip.key}:${chip.value}`}
            type="button"
            class="chip"
            title="Remove"
            aria-label={`${chip.key}: ${chip.value}, remove`}
            data-testid="chip"
            onClick={() => onQuery(withoutChip(query, chip), false)}
          >
            <span>{chip.key}:</span> {chip.value}
            <span aria-hidden="true">×</span>
          </button>
        ))}
        <input
          ref={it.field}
          type="text"
          role="combobox"
          aria-label="Filter tasks"
          aria-autocomplete="list"
          aria-expanded={it.options.length > 0}
          aria-controls={OPTIONS_ID}
          aria-activedescendant={at >= 0 ? optionId(at) : undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder="Filter: state: kind: session: worker: since: or words of an id or title"
          data-testid="filter"
          value={it.line.value}
          onInput={(event) => it.type(event.currentTarget.value)}
          onKeyDown={it.onKeyDown}
          onFocus={() => {
            it.isOpen.value = true;
          }}
          onBlur={() => {
            it.isOpen.value = false;
            it.at.value = -1;
          }}
        />
        <kbd class="wide" aria-hidden="true">
          /
        </kbd>
      </div>
      <OptionsList options={it.options} at={at} onChoose={it.choose} />
      {it.problem.value !== null && (
        <p class="query-problem" role="alert">
          {it.problem.value}
        </p>
      )}
    </div>
  );
}

/** Of what is loaded and live: enough to help, no request of its own. */
function knownValues(list: TaskList): KnownValues {
  const rows = list.rows.peek().slice(0, 1000);
  const distinct = (values: readonly (string | null)[]): string[] =>
    [...new Set(values)].filter((it) => it !== null).sort();
  return {
    kind: distinct(rows.map(({ kind }) => kind)),
    session: distinct(rows.map(({ session }) => session)),
    worker: distinct([
      ...(workers.peek()?.workers.map(({ id }) => id) ?? []),
      ...rows.map(({ worker }) => worker),
    ]),
  };
}
