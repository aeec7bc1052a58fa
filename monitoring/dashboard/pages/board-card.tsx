/** One item of the board: what it is, what it takes, who has it, for how long, and why nobody can. */

import type { VNode } from "preact";
import type { BoardItemView } from "../../api/shared-views.ts";
import { now } from "../clock.ts";
import { Badge } from "../components/badge.tsx";
import { Bar } from "../components/bar.tsx";
import { Ago } from "../components/time.tsx";
import { Link } from "../router.ts";
import { leaseLeft, leaseWords, progressShare } from "./board-columns.ts";

interface BoardCardProps {
  readonly item: BoardItemView;
  /** When the item was fetched, epoch ms. */
  readonly fetchedAt: number;
}

export function BoardCard({ item, fetchedAt }: BoardCardProps): VNode {
  const over = item.column === "done" || item.column === "failed";
  return (
    <article
      class="board-card"
      data-testid="board-card"
      data-task={item.task_id}
    >
      <h3>
        <Link href={`/ui/tasks/${encodeURIComponent(item.task_id)}`}>
          {item.title}
        </Link>
      </h3>
      <p class="board-facts">
        <span title="How much work it is, 1 to 10">weight {item.weight}</span>
        {item.priority !== 0 && <span>priority {item.priority}</span>}
        {item.column === "failed" && <Badge of={item.state} />}
        {item.capabilities.map((capability) => (
          <span
            key={capability}
            class="word"
            title="What its holder must be able to do"
          >
            {capability}
          </span>
        ))}
      </p>
      {item.holder !== null && (
        <p class="board-facts">
          <span class="mono board-holder" title={item.holder}>
            {item.holder}
          </span>
          {!over && <Lease leftMs={item.lease_left_ms} fetchedAt={fetchedAt} />}
        </p>
      )}
      <Progress item={item} />
      {item.summary !== null && <p class="board-summary">{item.summary}</p>}
      {item.waits_for !== null && (
        <p class="board-waits">
          <span class="hidden-text">Waits: </span>
          {item.waits_for}
        </p>
      )}
      <p class="board-facts muted">
        changed <Ago at={item.changed_at} />
      </p>
    </article>
  );
}

/** Below this a lease is shown as about to end, ms. */
const SOON_MS = 30_000;

function Lease({
  leftMs,
  fetchedAt,
}: {
  readonly leftMs: number | null;
  readonly fetchedAt: number;
}): VNode | null {
  const left = leaseLeft(leftMs, fetchedAt, now.value);
  if (left === null) return null;
  return (
    <span
      class={`lease ${left < SOON_MS ? "soon" : ""}`}
      data-testid="lease-left"
      title="Its holder must renew the lease before it ends; else others may take the item"
    >
      {leaseWords(left)}
    </span>
  );
}

function Progress({ item }: { readonly item: BoardItemView }): VNode | null {
  const share = progressShare(item);
  if (share === null || item.column !== "active") return null;
  return (
    <Bar
      share={share}
      label={`Progress of ${item.title}`}
      text={`${item.progress_done} of ${item.progress_total}`}
    />
  );
}
