/** `flow-balancer tasks claim`: the task that suits best, or the one named. */

import { type Answer, EXIT } from "../commands/answer.ts";
import { elapsed, parseElapsed } from "../commands/elapsed.ts";
import { commaList } from "../commands/option-values.ts";
import type { ClaimReport } from "../core/board.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import { printableJson } from "../core/printable.ts";
import { claimText, claimView } from "../mcp/board-view.ts";
import { holderName } from "./holder-name.ts";
import { inOwnWords } from "./in-own-words.ts";
import { withBoard } from "./open-board.ts";
import type { Where } from "./read-store.ts";

export interface ClaimOptions {
  readonly as?: string;
  readonly can?: string;
  readonly lease?: string;
  readonly json?: true;
}

/** Plain, the id alone on stdout, for a script; everything else on stderr. Exit code 1 where nothing could be claimed. */
export async function tasksClaim(
  id: string | undefined,
  options: ClaimOptions,
  where: Where,
): Promise<Answer> {
  const { as, can, lease, json } = options;
  const holder = holderName(as, where.around.env);
  const leaseMs = lease === undefined ? null : parseElapsed(lease, "--lease");
  const report = await withBoard(
    where,
    { create: false },
    ({ board, capacity }) =>
      inOwnWords(id as TaskId, holder, () =>
        board.claim(
          { holder, declared: commaList(can ?? ""), capacity },
          { id: (id as TaskId | undefined) ?? null, leaseMs },
        ),
      ),
  );
  const exitCode = report.claimed === null ? EXIT.failed : EXIT.ok;
  if (json === true)
    return {
      data: printableJson({ schema: 1, holder, ...claimView(report) }),
      exitCode,
    };
  return {
    data: report.claimed?.item.id ?? "",
    notes: notes(report, holder),
    exitCode,
  };
}

function notes(report: ClaimReport, holder: HolderId): string[] {
  const { claimed } = report;
  return claimed === null
    ? [claimText(report)]
    : [
        claimText(report),
        `Held by ${holder} for ${elapsed(claimed.leaseMs)}; 'tasks heartbeat' extends it.`,
      ];
}
