/** `flow-balancer instances`: the servers of this home, those that run and those that did. */

import type { Answer } from "../commands/answer.ts";
import { instancesAnswer } from "../commands/instances.ts";
import type { Terminal } from "../commands/terminal.ts";
import { endedInstances, openInstances, witnessOf } from "./read-instances.ts";
import { readStoreOrNull, type Where } from "./read-store.ts";

/** Of those that ended; `--all` shows more. */
const RECENT = 10;
const MOST = 1_000_000;

export function instances(
  { all }: { readonly all: boolean },
  where: Where,
  as: Terminal | "json",
): Answer {
  const found =
    readStoreOrNull(where, ({ db, config }) => {
      const witness = witnessOf(where, config);
      return [
        ...openInstances(db, witness),
        ...endedInstances(db, witness, all ? MOST : RECENT),
      ];
    }) ?? [];
  return instancesAnswer(found, where.env.now(), as);
}
