/** Tasks whose id or title has some text in it: both are looked through in their narrow places, a slice at a time. */

import type { Database } from "bun:sqlite";
import type { Effort } from "./effort.ts";
import { turn } from "./turn.ts";

/** 1 to 2 ms. */
const SLICE = 10_000;
/** Of more there is always one at hand: it is found sooner by looking at the newest tasks. */
const MOST = 5_000;

/** Their numbers, in no order; null: there are very many, or it takes too long. */
export async function wordMatches(
  raw: Database,
  text: string,
  effort: Effort,
): Promise<readonly number[] | null> {
  const found: number[] = [];
  for (const slices of [idMatches(raw, text), titleMatches(raw, text)])
    for (;;) {
      const { done, value } = effort.spend(() => slices.next());
      if (done === true) break;
      for (const { seq } of value) found.push(seq);
      if (found.length > MOST || effort.isSpent) return null;
      await turn();
    }
  return found;
}

interface Row {
  readonly seq: number;
}

function* idMatches(raw: Database, text: string): Generator<Row[]> {
  const edge = raw.query<{ id: string }, [string]>(
    `SELECT id FROM tasks INDEXED BY tasks_id WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${SLICE - 1}`,
  );
  const within = raw.query<Row, [string, string, string]>(
    "SELECT seq FROM tasks INDEXED BY tasks_id WHERE id > ? AND id <= ? AND instr(id, ?) > 0",
  );
  const open = raw.query<Row, [string, string]>(
    "SELECT seq FROM tasks INDEXED BY tasks_id WHERE id > ? AND instr(id, ?) > 0",
  );
  for (let after = ""; ;) {
    const to = edge.get(after)?.id;
    if (to === undefined) {
      yield open.all(after, text);
      return;
    }
    yield within.all(after, to, text);
    after = to;
  }
}

/** Letters as ASCII has them are alike, large or small. */
function* titleMatches(raw: Database, text: string): Generator<Row[]> {
  const last =
    raw.query<Row, []>("SELECT max(seq) AS seq FROM board_items").get()?.seq ??
    0;
  const within = raw.query<Row, [number, number, string]>(
    "SELECT seq FROM board_items WHERE seq > ? AND seq <= ? AND instr(lower(title), lower(?)) > 0",
  );
  const first =
    raw.query<Row, []>("SELECT min(seq) AS seq FROM board_items").get()?.seq ??
    1;
  for (let after = first - 1; after < last; after += SLICE)
    yield within.all(after, after + SLICE, text);
}
