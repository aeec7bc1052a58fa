/** Whether the file that was opened is still the one under its path. A removed one can be written on and on, and nobody will read it again. */

import { statSync } from "node:fs";

/** To be called when the file has been opened. */
export function fileInPlace(path: string): () => boolean {
  const opened = identityOf(path);
  return () => identityOf(path) === opened;
}

function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}/${ino}`;
  } catch {
    return null;
  }
}
