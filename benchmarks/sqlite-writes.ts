/** Rows into SQLite, a transaction each and in groups, with the settings of the store and without: each setting on its own file. */

import { Database } from "bun:sqlite";
import { join } from "node:path";
import { interleave } from "./interleave.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";

const ROUNDS = { full: 20, quick: 1 } as const;
/** Rows a transaction. */
const GROUPS = [1, 16, 1_024] as const;
/** Rows a turn, at least. */
const TURN = 32;
/** Times the rows of the defaults. */
const CLAIMED = 2;
const TEXT = JSON.stringify({ argv: ["cat", "a".repeat(200)] });

const WAL = "journal_mode = WAL";
const NORMAL = "synchronous = NORMAL";
const CACHE = "cache_size = -16384";
/** The first is what the others are against, the last is the claim. */
const SETTINGS = [
  { name: "defaults", pragmas: [] },
  { name: "synchronous NORMAL", pragmas: [NORMAL] },
  { name: "WAL", pragmas: [WAL] },
  { name: "WAL, synchronous NORMAL", pragmas: [WAL, NORMAL] },
  {
    name: "WAL, synchronous NORMAL, cache 16 MiB",
    pragmas: [WAL, NORMAL, CACHE],
  },
] as const;

interface Contender {
  readonly name: string;
  readonly db: Database;
  /** Rows a second, one figure a turn. */
  readonly rates: number[];
}

export async function measureSqliteWrites(
  folder: string,
  quick: boolean,
): Promise<Findings> {
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  for (const group of GROUPS) {
    const contenders = SETTINGS.map(({ name, pragmas }, at): Contender => {
      const db = new Database(join(folder, `${group}-${at}.db`), {
        create: true,
      });
      for (const pragma of pragmas) db.run(`PRAGMA ${pragma}`);
      db.run("CREATE TABLE t (seq INTEGER PRIMARY KEY, it TEXT, state TEXT)");
      return { name: `${name}, ${inGroups(group)}`, db, rates: [] };
    });
    const rounds = ROUNDS[quick ? "quick" : "full"];
    await interleave(contenders, rounds, async (it) => writeTurn(it, group));
    const found: BenchCase[] = [];
    for (const { name, db, rates } of contenders) {
      assertWritten(db, rounds * turnOf(group));
      db.close();
      found.push(benchCase(name, "rows/s", rates, found[0]));
    }
    cases.push(...found);
    targets.push({
      name: `claim: ${found.at(-1)?.name}, rows a second against the defaults`,
      atLeast: CLAIMED,
      measured: found.at(-1)?.ratio ?? Number.NaN,
      unit: "times",
    });
  }
  return { cases, targets };
}

const turnOf = (group: number): number => Math.max(TURN, group);

const inGroups = (group: number): string =>
  group === 1 ? "a transaction a row" : `${group} rows a transaction`;

function writeTurn({ db, rates }: Contender, group: number): void {
  const insert = db.query("INSERT INTO t (it, state) VALUES (?, ?)");
  const write = db.transaction(() => {
    for (let row = 0; row < group; row++) insert.run(TEXT, "queued");
  }).immediate;
  const turn = turnOf(group);
  const startedAt = performance.now();
  for (let row = 0; row < turn; row += group) write();
  rates.push((1_000 * turn) / (performance.now() - startedAt));
}

function assertWritten(db: Database, rows: number): void {
  const count = db
    .query<{ n: number }, []>("SELECT count(*) AS n FROM t")
    .get();
  if (count?.n !== rows)
    throw new Error(`${count?.n} of ${rows} rows are there`);
}
