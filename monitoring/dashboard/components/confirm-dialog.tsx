/** Asked before what cannot be taken back. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.tsx";

interface ConfirmDialogProps {
  readonly title: string;
  /** On the button that does it. */
  readonly action: string;
  readonly children: ComponentChildren;
  readonly onConfirm: () => unknown;
  readonly onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      data-testid="confirm"
      onClose={props.onClose}
    >
      <h2 id={id}>{props.title}</h2>
      <p>{props.children}</p>
      <div class="dialog-actions">
        <Button onClick={() => dialog.current?.close()}>Keep it</Button>
        <Button
          kind="danger"
          data-testid="confirm-action"
          onClick={() => {
            dialog.current?.close();
            void props.onConfirm();
          }}
        >
          {props.action}
        </Button>
      </div>
    </dialog>
  );
}
