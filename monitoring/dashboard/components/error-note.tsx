/** What went wrong, what to do, and a button that tries again. */

import type { VNode } from "preact";
import { ApiFailure } from "../api.ts";
import { Button } from "./button.tsx";

interface ErrorNoteProps {
  readonly error: Error;
  readonly retry?: () => void;
}

export function ErrorNote({ error, retry }: ErrorNoteProps): VNode {
  const failure = error instanceof ApiFailure ? error : null;
  const hint = failure?.hint ?? null;
  return (
    <div class="error-note" role="alert" data-testid="error-note">
      <div>
        <strong>{error.message}</strong>
        {hint !== null && <p>{hint}</p>}
        {failure !== null && <p class="muted mono">{failure.code}</p>}
      </div>
      {retry !== undefined && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}
