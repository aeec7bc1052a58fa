/** Short words about what was done, with a way back where there is one; read out as they come. */

import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { ApiFailure } from "../api.ts";
import { Button } from "./button.tsx";

interface ToastInput {
  readonly text: string;
  readonly tone?: "plain" | "bad";
  /** Takes it back. A failure of that becomes a toast of its own. */
  readonly undo?: () => Promise<unknown>;
}

interface Shown extends ToastInput {
  readonly id: number;
}

const SHOWN_MS = 6_000;
/** With something to press in it. */
const SHOWN_WITH_UNDO_MS = 15_000;
const MOST = 4;

const shown = signal<readonly Shown[]>([]);
let ids = 0;

export function toast(input: ToastInput): void {
  const id = ++ids;
  shown.value = [...shown.value, { ...input, id }].slice(-MOST);
  setTimeout(
    () => dismiss(id),
    input.undo === undefined ? SHOWN_MS : SHOWN_WITH_UNDO_MS,
  );
}

/** Of an error that nothing else on the page would show. */
export function toastFailure(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ApiFailure ? (error.hint ?? "") : "";
  toast({ text: `${what}: ${reason} ${hint}`.trim(), tone: "bad" });
}

const dismiss = (id: number): void => {
  shown.value = shown.value.filter((it) => it.id !== id);
};

export function Toasts(): VNode {
  return (
    <div class="toasts" role="status" aria-live="polite" data-testid="toasts">
      {shown.value.map((it) => (
        <div class={`toast ${it.tone ?? "plain"}`} key={it.id}>
          <span>{it.text}</span>
          {it.undo !== undefined && (
            <Button
              kind="quiet"
              data-testid="undo"
              onClick={() => {
                dismiss(it.id);
                it.undo?.().catch((error: unknown) =>
                  toastFailure("That could not be undone", error),
                );
              }}
            >
              Undo
            </Button>
          )}
          <Button kind="quiet" label="Dismiss" onClick={() => dismiss(it.id)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  );
}
