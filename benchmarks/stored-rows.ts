/** What packing a column costs and saves where it is stored: rows of one SQLite file as text, and as the store packs them. */

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  MIN_PACKED_CHARS,
  packText,
  type StoredText,
  unpackText,
} from "../flow-balancer/codec/stored-text.ts";
import { interleave } from "./interleave.ts";
import { payloads } from "./payloads.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";

const SIZES = {
  full: [MIN_PACKED_CHARS, 8_192, 65_536],
  quick: [MIN_PACKED_CHARS],
} as const;
const ROWS = { full: 400, quick: 20 } as const;
/** Of the time a row of text takes to be written: what smaller files may cost. */
const MAX_WRITE_RATIO = 1.5;
/** Of a file with rows of text. */
const MAX_FILE_RATIO = 0.5;

class Table {
  readonly writeUs: number[] = [];
  readonly readUs: number[] = [];
  readonly #db: Database;
  readonly #path: string;
  readonly #pack: (text: string) => StoredText;

  constructor(
    readonly name: string,
    folder: string,
    pack: (text: string) => StoredText,
  ) {
    this.#path = join(folder, `${name}.db`);
    this.#pack = pack;
    this.#db = new Database(this.#path, { create: true });
    // As the store opens it.
    for (const setting of [
      "journal_mode = WAL",
      "synchronous = NORMAL",
      "cache_size = -16384",
      "wal_autocheckpoint = 4000",
    ])
      this.#db.run(`PRAGMA ${setting}`);
    this.#db.run("CREATE TABLE t (seq INTEGER PRIMARY KEY, it TEXT)");
  }

  write(text: string): void {
    const insert = this.#db.query("INSERT INTO t (it) VALUES (?)");
    const startedAt = performance.now();
    insert.run(this.#pack(text));
    this.writeUs.push(1_000 * (performance.now() - startedAt));
  }

  read(seq: number, text: string): void {
    const select = this.#db.query<{ it: StoredText }, [number]>(
      "SELECT it FROM t WHERE seq = ?",
    );
    const startedAt = performance.now();
    const row = select.get(seq);
    const read = unpackText(row?.it ?? "", "a row");
    this.readUs.push(1_000 * (performance.now() - startedAt));
    if (read !== text) throw new Error(`${this.name} lost row ${seq}`);
  }

  /** Bytes of the file, once all is in it. */
  close(): number {
    this.#db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#db.close(true);
    return statSync(this.#path).size;
  }
}

export async function measureRows(quick: boolean): Promise<Findings> {
  const size = quick ? "quick" : "full";
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  for (const { name, bytes } of SIZES[size].flatMap(payloads)) {
    if (name.startsWith("random")) continue;
    const text = Buffer.from(bytes).toString();
    const found = await measureTables(name, text, ROWS[size]);
    cases.push(...found.cases);
    targets.push(...found.targets);
  }
  return { cases, targets };
}

async function measureTables(
  name: string,
  text: string,
  rows: number,
): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-rows-"));
  try {
    const plain = new Table("text", folder, (it) => it);
    const packed = new Table("packed", folder, packNow);
    const tables = [plain, packed];
    // No row is quite like another.
    const rowText = (round: number): string =>
      `${String(round).padStart(8, "0")}${text.slice(8)}`;
    await interleave(tables, rows, async (table, round) =>
      table.write(rowText(round)),
    );
    await interleave(tables, rows, async (table, round) =>
      table.read(round + 1, rowText(round)),
    );
    const [plainBytes = Number.NaN, packedBytes = Number.NaN] = tables.map(
      (table) => table.close() / rows,
    );
    return findings(name, tables, plainBytes, packedBytes);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function packNow(text: string): StoredText {
  const packed = packText(text);
  if (packed instanceof Promise) throw new Error("too big for this thread");
  return packed;
}

function findings(
  name: string,
  tables: readonly Table[],
  plainBytes: number,
  packedBytes: number,
): Findings {
  const pair = (
    what: string,
    unit: string,
    samples: readonly (readonly number[])[],
  ): readonly [BenchCase, BenchCase] => {
    const [one = [], other = []] = samples;
    const plain = benchCase(`row as text, ${what}, ${name}`, unit, one);
    return [
      plain,
      benchCase(`row packed, ${what}, ${name}`, unit, other, plain),
    ];
  };
  const written = pair(
    "write",
    "us",
    tables.map(({ writeUs }) => writeUs),
  );
  const read = pair(
    "read",
    "us",
    tables.map(({ readUs }) => readUs),
  );
  const file = pair("file", "bytes a row", [[plainBytes], [packedBytes]]);
  return {
    cases: [...written, ...read, ...file],
    targets: [
      {
        name: `a packed row, time to write against text, ${name}`,
        limit: MAX_WRITE_RATIO,
        measured: written[1].ratio ?? Number.NaN,
        unit: "times",
      },
      {
        name: `a packed row, room in the file against text, ${name}`,
        limit: MAX_FILE_RATIO,
        measured: file[1].ratio ?? Number.NaN,
        unit: "times",
      },
    ],
  };
}
