/** What the query line does with what is typed: words are looked for after a pause, `key:value` becomes a chip when it is whole. */

import { type Signal, useSignal } from "@preact/signals";
import { type RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { offerFilter } from "../keyboard.ts";
import {
  complete,
  type Completion,
  completionsFor,
  type KnownValues,
} from "../query-completion.ts";
import { navigate, route } from "../router.ts";
import {
  chipsOf,
  hrefOf,
  parseQuery,
  queryOf,
  type TaskQuery,
  withoutChip,
} from "../task-query.ts";

/** Between the last key and the request. */
const TYPING_MS = 180;
const UNFINISHED = /(?:^|\s)[a-z]+:\S*$/;
const WHOLE = /(?:^|\s)[a-z]+:("[^"]*"|[^\s"]+)\s$/;

interface QueryLine {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly line: Signal<string>;
  readonly isOpen: Signal<boolean>;
  /** Of the options; -1: none. */
  readonly at: Signal<number>;
  readonly problem: Signal<string | null>;
  readonly options: readonly Completion[];
  readonly type: (text: string) => void;
  readonly choose: (index: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

export function useQueryLine(
  query: TaskQuery,
  known: () => KnownValues,
  onQuery: (query: TaskQuery, typing: boolean) => void,
): QueryLine {
  const field = useRef<HTMLInputElement>(null);
  const line = useSignal(query.text);
  const isOpen = useSignal(false);
  const at = useSignal(-1);
  const problem = useSignal<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(query);
  latest.current = query;
  useFilterField(field, timer);
  // The address changed by other means: back, a tab, a link.
  useEffect(() => {
    if (document.activeElement !== field.current) line.value = query.text;
  }, [query.text, line]);
  const options = isOpen.value ? completionsFor(line.value, known()) : [];

  const take = (text: string, done: boolean): void => {
    clearTimeout(timer.current);
    const whole = done ? text : text.replace(UNFINISHED, "");
    const parsed = parseQuery(whole, latest.current);
    problem.value = done ? (parsed.problems[0] ?? null) : null;
    if (done) line.value = parsed.query.text;
    onQuery(parsed.query, !done);
  };
  const type = (text: string): void => {
    line.value = text;
    isOpen.value = true;
    at.value = -1;
    problem.value = null;
    clearTimeout(timer.current);
    if (WHOLE.test(text)) take(text, true);
    else timer.current = setTimeout(() => take(text, false), TYPING_MS);
  };
  const choose = (index: number): void => {
    const option = options[index];
    if (option !== undefined) type(complete(line.value, option));
    field.current?.focus();
  };
  const act = keyActions({
    options: options.length,
    at,
    isOpen,
    isEmpty: line.value === "",
    choose,
    submit: () => take(line.value, true),
    dropChip: () => {
      const last = chipsOf(query).at(-1);
      if (last !== undefined) onQuery(withoutChip(query, last), false);
    },
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (act(event.key, event.shiftKey)) event.preventDefault();
  };
  return { field, line, isOpen, at, problem, options, type, choose, onKeyDown };
}

/** `/` leads to it, also from another page. */
function useFilterField(
  field: RefObject<HTMLInputElement | null>,
  timer: { readonly current: ReturnType<typeof setTimeout> | undefined },
): void {
  useEffect(() => {
    offerFilter(field.current);
    const { query } = route.peek();
    if (query.has("focus")) {
      field.current?.focus();
      navigate(hrefOf(queryOf(query)), { replace: true });
    }
    return () => {
      clearTimeout(timer.current);
      offerFilter(null);
    };
  }, [field, timer]);
}

interface KeyParts {
  readonly options: number;
  readonly at: Signal<number>;
  readonly isOpen: Signal<boolean>;
  readonly isEmpty: boolean;
  readonly choose: (index: number) => void;
  readonly submit: () => void;
  readonly dropChip: () => void;
}

/** Returns whether the key was used up. */
const keyActions =
  (parts: KeyParts) =>
  (key: string, shift: boolean): boolean => {
    const { options, at, isOpen, isEmpty } = parts;
    switch (key) {
      case "ArrowDown":
      case "ArrowUp": {
        isOpen.value = true;
        if (options === 0) return true;
        const from = key === "ArrowDown" ? at.value : Math.max(at.value, 0);
        at.value = (from + (key === "ArrowDown" ? 1 : -1) + options) % options;
        return true;
      }
      case "Tab":
        if (shift || options === 0 || isEmpty) return false;
        parts.choose(Math.max(0, at.value));
        return true;
      case "Enter":
        if (at.value >= 0) parts.choose(at.value);
        else {
          parts.submit();
          isOpen.value = false;
        }
        return true;
      case "Escape":
        if (!isOpen.value || options === 0) return false;
        isOpen.value = false;
        return true;
      case "Backspace":
        if (!isEmpty) return false;
        parts.dropChip();
        return true;
      default:
        return false;
    }
  };
