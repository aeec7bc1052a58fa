/** What whoever looks at `top` has chosen, and what each key changes of it. Pure. */

export const VIEWS = ["workers", "tasks", "board", "instances"] as const;
export type View = (typeof VIEWS)[number];

export interface TopState {
  readonly view: View;
  /** Rows without this text are left out; "": none are. */
  readonly filter: string;
  /** What is typed goes into the filter. */
  readonly isTyping: boolean;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
  /** The chosen row, from 0; may be beyond the last, which is then meant. */
  readonly row: number;
}

export const START: TopState = {
  view: "workers",
  filter: "",
  isTyping: false,
  isPaused: false,
  isHelp: false,
  row: 0,
};

/** A key that ends it, and with which exit code. */
export type Pressed = TopState | "quit" | "interrupt";

const PAGE_ROWS = 10;
const MAX_FILTER = 60;
const [CTRL_C, ESCAPE, ENTER, BACKSPACE] = ["\u0003", "\u001B", "\r", "\u007F"];
const MOVES: Readonly<Record<string, number>> = {
  j: 1,
  "\u001B[B": 1,
  "\u001B[6~": PAGE_ROWS,
  k: -1,
  "\u001B[A": -1,
  "\u001B[5~": -PAGE_ROWS,
};

/** What came from the terminal, key by key: an arrow is one. */
export const keysIn = (text: string): string[] =>
  // oxlint-disable-next-line no-control-regex -- keys are what this is about.
  text.match(/\u001B\[[\d;]*[A-Za-z~]|\u001BO[A-Z]|[^]/gu) ?? [];

/** `rows`: how many the view has now. */
export function pressed(state: TopState, key: string, rows: number): Pressed {
  if (key === CTRL_C) return "interrupt";
  if (state.isTyping) return typed(state, key);
  const last = Math.max(0, rows - 1);
  const move = MOVES[key];
  if (move !== undefined)
    return {
      ...state,
      row: Math.min(last, Math.max(0, Math.min(state.row, last) + move)),
    };
  const view = VIEWS[Number(key) - 1];
  if (view !== undefined) return { ...state, view, row: 0, isHelp: false };
  switch (key) {
    case "q":
      return "quit";
    case "\t":
    case "\u001B[Z": {
      const step = key === "\t" ? 1 : VIEWS.length - 1;
      const next = (VIEWS.indexOf(state.view) + step) % VIEWS.length;
      return { ...state, view: VIEWS[next] ?? state.view, row: 0 };
    }
    case "/":
      return { ...state, isTyping: true, isHelp: false };
    case "p":
      return { ...state, isPaused: !state.isPaused };
    case "?":
      return { ...state, isHelp: !state.isHelp };
    case "g":
      return { ...state, row: 0 };
    case "G":
      return { ...state, row: last };
    case ESCAPE:
      return state.isHelp
        ? { ...state, isHelp: false }
        : { ...state, filter: "", row: 0 };
    default:
      return state;
  }
}

function typed(state: TopState, key: string): TopState {
  if (key === ENTER || key === "\n") return { ...state, isTyping: false };
  if (key === ESCAPE) return { ...state, isTyping: false, filter: "", row: 0 };
  if (key === BACKSPACE)
    return {
      ...state,
      filter: [...state.filter].slice(0, -1).join(""),
      row: 0,
    };
  if (/^\p{C}/u.test(key) || state.filter.length >= MAX_FILTER) return state;
  return { ...state, filter: state.filter + key, row: 0 };
}
