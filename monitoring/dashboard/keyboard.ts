/** The keys of the whole page: `/`, `?`, `g` and a letter, `j k Enter x` in the list on show, `p`, `t`, Esc. */

import { signal } from "@preact/signals";
import { setPaused, paused } from "./live.ts";
import type { PageName } from "./route.ts";
import { navigate } from "./router.ts";
import { cycleTheme } from "./theme.ts";

export const GO_KEYS: Readonly<Record<string, PageName>> = {
  o: "overview",
  w: "workers",
  t: "tasks",
  b: "board",
  s: "sessions",
  i: "instances",
  m: "timeouts",
  l: "learning",
  a: "alerts",
};

/** A list that can be walked by keys. */
export interface RowKeys {
  /** By so many rows, negative upwards. */
  readonly move: (by: number) => void;
  readonly open: () => void;
  readonly select?: () => void;
  /** Returns whether there was something to leave. */
  readonly leave?: () => boolean;
}

export const helpOpen = signal(false);
/** The first of a two-key command, while the second is awaited. */
export const pendingKey = signal<string | null>(null);
const PENDING_MS = 1500;

const lists: RowKeys[] = [];

/** The last one given is the one the keys go to. Returns how to take it back. */
export function offerRows(keys: RowKeys): () => void {
  lists.push(keys);
  return () => {
    const at = lists.indexOf(keys);
    if (at >= 0) lists.splice(at, 1);
  };
}

let filterField: HTMLInputElement | null = null;

/** The field that `/` goes to; null takes it back. */
export function offerFilter(field: HTMLInputElement | null): void {
  filterField = field;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("input:not([type=checkbox]), textarea, select"));

let pendingTimer: ReturnType<typeof setTimeout> | undefined;

export function startKeyboard(): void {
  document.addEventListener("keydown", (event) => {
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    if (document.querySelector("dialog[open]") !== null) return;
    if (press(event.key, event.target)) event.preventDefault();
  });
}

/** Whether the key meant something. */
function press(key: string, target: EventTarget | null): boolean {
  if (pendingKey.value === "g") {
    pendingKey.value = null;
    const page = GO_KEYS[key];
    if (page !== undefined) navigate(`/ui/${page}`);
    return page !== undefined;
  }
  const list = lists.at(-1);
  switch (key) {
    case "g":
      pendingKey.value = "g";
      clearTimeout(pendingTimer);
      pendingTimer = setTimeout(() => {
        pendingKey.value = null;
      }, PENDING_MS);
      return true;
    case "/":
      if (filterField === null) navigate("/ui/tasks?focus=filter");
      filterField?.focus();
      filterField?.select();
      return true;
    case "?":
      helpOpen.value = true;
      return true;
    case "p":
      setPaused(!paused.value);
      return true;
    case "T":
      cycleTheme();
      return true;
    case "j":
    case "k":
      list?.move(key === "j" ? 1 : -1);
      return list !== undefined;
    case "x":
      list?.select?.();
      return list?.select !== undefined;
    case "Enter":
      if (
        target instanceof HTMLElement &&
        target.matches("a, button, summary, input")
      )
        return false;
      list?.open();
      return list !== undefined;
    case "Escape":
      return list?.leave?.() ?? false;
    default:
      return false;
  }
}
