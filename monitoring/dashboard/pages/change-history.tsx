/** Changes of policies, one a line: when, which policy, and from what to what. */

import type { VNode } from "preact";
import type { LearningView } from "../../api/shared-views.ts";
import { Ago } from "../components/time.tsx";
import { absolute } from "../format.ts";

interface ChangeHistoryProps {
  readonly changes: LearningView["changes"];
  readonly most?: number;
}

export function ChangeHistory({
  changes,
  most = 200,
}: ChangeHistoryProps): VNode {
  return (
    <ol class="history">
      {changes.slice(0, most).map(({ at, what, summary }) => (
        <li key={`${at} ${what} ${summary}`} title={absolute(at)}>
          <span class="muted">
            <Ago at={at} />
          </span>
          <span class="word">{what.replaceAll("_", " ")}</span>
          <span class="history-what">{summary}</span>
        </li>
      ))}
    </ol>
  );
}
