/** A long text, as input or output: closed until asked for, to be copied whole, always as text. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { bytes } from "../format.ts";
import { Button } from "./button.tsx";
import { toast } from "./toast.tsx";

interface TextBlockProps {
  readonly title: string;
  /** null: there is none. */
  readonly text: string | null;
  readonly open?: boolean;
  /** JSON is indented. */
  readonly json?: boolean;
  /** Says what is missing, as "the first 4 KiB were left out". */
  readonly note?: string | null;
  readonly "data-testid"?: string;
}

export function TextBlock(props: TextBlockProps): VNode {
  const { title, text, json = false, note = null } = props;
  const isOpen = useSignal(props.open ?? false);
  if (text === null || text === "")
    return (
      <div class="block none muted" data-testid={props["data-testid"]}>
        {title}: none
      </div>
    );
  const shown = json ? indented(text) : text;
  return (
    <details
      class="block"
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
      data-testid={props["data-testid"]}
    >
      <summary>
        {title} <span class="muted">{bytes(new Blob([text]).size)}</span>
        {note !== null && <span class="muted"> · {note}</span>}
      </summary>
      {isOpen.value && (
        <div class="block-body">
          <Button
            kind="quiet"
            label={`Copy ${title.toLowerCase()}`}
            onClick={() => copy(shown, title)}
          >
            Copy
          </Button>
          <pre tabIndex={0} aria-label={title} role="region">
            {shown}
          </pre>
        </div>
      )}
    </details>
  );
}

/** What was cut is no JSON any more, and shown as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function copy(text: string, title: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ text: `${title} copied.` });
  } catch {
    toast({ text: "The browser does not let this page copy.", tone: "bad" });
  }
}
