/** What the keys do. */

import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { GO_KEYS, helpOpen } from "../keyboard.ts";
import { Button } from "./button.tsx";

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "Filter tasks"],
  ["j k", "Next row, row before"],
  ["Enter", "Open the row"],
  ["x", "Select the row"],
  ["Esc", "Leave, or clear what is selected"],
  ["p", "Pause live updates, or resume"],
  ["T", "Light, dark or the system's theme"],
  ["?", "This list"],
];

export function HelpDialog(): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = helpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => {
    helpOpen.value = false;
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="help-title"
      data-testid="help-dialog"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((it) => (
                <kbd key={it}>{it}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        {Object.entries(GO_KEYS).map(([key, page]) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>Go to {page}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-actions">
        <Button onClick={close}>Close</Button>
      </div>
    </dialog>
  );
}
