/** The board as it is now: who holds what and for how long, what can be taken, and why the rest cannot. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { BoardView } from "../../api/shared-views.ts";
import { getJson } from "../api.ts";
import { Bar } from "../components/bar.tsx";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Empty } from "../components/empty.tsx";
import { Loaded } from "../components/loaded.tsx";
import { Page } from "../components/page.tsx";
import { count } from "../format.ts";
import type { TasksEvent } from "../live-rows.ts";
import { usePulse } from "../use-pulse.ts";
import { useResource } from "../use-resource.ts";
import { BoardCard } from "./board-card.tsx";
import {
  type BoardColumn,
  boardColumns,
  type ColumnName,
} from "./board-columns.ts";
import "./board.css";

interface Fetched {
  readonly board: BoardView;
  /** Epoch ms, of this page's clock: leases are counted down from then. */
  readonly at: number;
}

const load = async (): Promise<Fetched> => ({
  board: await getJson<BoardView>("board"),
  at: Date.now(),
});

const ofBoard = ({ changed, more }: TasksEvent): boolean =>
  more || changed.some(({ queue }) => queue === "board");

export function BoardPage(): VNode {
  const pulse = usePulse({ everyMs: 5000, matters: ofBoard });
  const fetched = useResource(load, { on: pulse });
  return (
    <Page
      title="Board"
      note="Work that agents, people and scripts claim and do themselves."
    >
      <Loaded of={fetched}>
        {({ board, at }) => <Board board={board} fetchedAt={at} />}
      </Loaded>
    </Page>
  );
}

interface BoardProps {
  readonly board: BoardView;
  readonly fetchedAt: number;
}

function Board({ board, fetchedAt }: BoardProps): VNode {
  const columns = boardColumns(board);
  const [chosen, choose] = useState<ColumnName | null>(null);
  if (columns.every((column) => column.count === 0))
    return (
      <Empty title="The board is empty">
        Agents put work here with the tool <code>add_tasks</code>; it appears as
        they do.
      </Empty>
    );
  const shown =
    chosen ??
    columns.find(({ name, count: n }) => name === "active" && n > 0)?.name ??
    columns.find(({ count: n }) => n > 0)?.name;
  return (
    <>
      <Holders board={board} />
      <nav class="board-jumps" aria-label="Columns">
        {columns.map(({ name, title, count: n }) => (
          <Button
            key={name}
            kind="quiet"
            pressed={name === shown}
            onClick={() => choose(name)}
            data-testid={`board-jump-${name}`}
          >
            {title} <span class="board-count">{count(n)}</span>
          </Button>
        ))}
      </nav>
      <div class="board-columns">
        {columns.map((column) => (
          <Column
            key={column.name}
            column={column}
            shown={column.name === shown}
            fetchedAt={fetchedAt}
          />
        ))}
      </div>
    </>
  );
}

/** Cards drawn of a column at first, and more with each press. */
const FIRST_CARDS = 20;

interface ColumnProps {
  readonly column: BoardColumn;
  /** On a phone only one is. */
  readonly shown: boolean;
  readonly fetchedAt: number;
}

function Column({ column, shown, fetchedAt }: ColumnProps): VNode {
  const { name, title, empty, items } = column;
  const [most, setMost] = useState(FIRST_CARDS);
  const left = items.length - most;
  return (
    <section
      class={`board-column ${shown ? "shown" : ""}`}
      data-column={name}
      aria-label={`${title}, ${column.count}`}
      data-testid={`board-column-${name}`}
    >
      <h2 class="board-head">
        {title} <span class="board-count">{count(column.count)}</span>
      </h2>
      {items.length === 0 && <p class="board-none">{empty}</p>}
      <ul class="board-cards">
        {items.slice(0, most).map((item) => (
          <li key={item.task_id}>
            <BoardCard item={item} fetchedAt={fetchedAt} />
          </li>
        ))}
      </ul>
      {left > 0 && (
        <Button kind="quiet" onClick={() => setMost(items.length)}>
          Show {count(left)} more
        </Button>
      )}
      {left <= 0 && column.count > items.length && (
        <p class="board-none">
          The newest {count(items.length)} of {count(column.count)}.
        </p>
      )}
    </section>
  );
}

function Holders({ board }: { readonly board: BoardView }): VNode | null {
  if (board.holders.length === 0) return null;
  const byLoad = [...board.holders].sort(
    (a, b) => b.active_weight / b.capacity - a.active_weight / a.capacity,
  );
  return (
    <Card
      title="Who holds how much"
      aside={<span class="muted">active weight of capacity</span>}
      data-testid="board-holders"
    >
      <ul class="holders">
        {byLoad.map(({ holder, active_weight, capacity, items }) => {
          const share = capacity > 0 ? active_weight / capacity : null;
          return (
            <li key={holder} class="holder">
              <span class="holder-name mono" title={holder}>
                {holder}
              </span>
              <Bar
                share={share}
                label={`${holder}: active weight ${active_weight} of ${capacity}`}
                tone={share !== null && share >= 1 ? "warn" : "plain"}
                text={`${count(active_weight)} of ${count(capacity)}`}
              />
              <span class="muted">
                {items === 1 ? "1 item" : `${count(items)} items`}
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
