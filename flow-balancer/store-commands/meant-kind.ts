/** What somebody probably meant with a kind of which nothing is stored: one that ran, is configured or built in. */

import type { Database } from "bun:sqlite";
import type { Config } from "../config.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { endedKinds } from "./recent-outcomes.ts";

const BUILT_IN = ["shell", "script"] as const;

/** To end a sentence with: "; did you mean 'shell'?", or a full stop. */
export function meantKind(
  kind: string,
  db: Database | null,
  { kinds }: Config,
): string {
  const known = [
    ...BUILT_IN,
    ...kinds.map(({ name }) => name),
    ...(db === null ? [] : endedKinds(db)),
  ];
  return (known.includes(kind) ? "" : didYouMean(kind, known)) || ".";
}
