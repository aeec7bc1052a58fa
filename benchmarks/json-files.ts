/** A JSON file into a value: Bun.file().json() against readFileSync and JSON.parse, at several sizes; the files are in the page cache. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timedCases, type Turns, type Variant } from "./in-turn.ts";
import type { BenchCase, Findings, Target } from "./report.ts";

const ROWS = { full: [10, 700, 11_000, 90_000], quick: [10] } as const;
const TURNS = {
  full: { rounds: 24, calls: 8 },
  quick: { rounds: 1, calls: 1 },
} as const satisfies Record<string, Turns>;
/** Per cent less time: what is claimed of the usual and of the best case. */
const CLAIMED = { usual: 20, best: 30 };

export async function measureJsonFiles(
  folder: string,
  quick: boolean,
): Promise<Findings> {
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  const saved: number[] = [];
  for (const rows of ROWS[quick ? "quick" : "full"]) {
    const path = join(folder, `${rows}.json`);
    const text = JSON.stringify(
      Array.from({ length: rows }, (_, id) => row(id)),
    );
    writeFileSync(path, text);
    const size = `${Math.max(1, Math.round(text.length / 1_024))} KiB`;
    const found = await timedCases(
      readers(path, size, rows),
      TURNS[quick ? "quick" : "full"],
    );
    cases.push(...found);
    const percent = 100 * (1 - (found[1]?.ratio ?? Number.NaN));
    saved.push(percent);
    targets.push({
      name: `claim: Bun.file().json() of ${size} takes less time than readFileSync and JSON.parse`,
      atLeast: CLAIMED.usual,
      measured: percent,
      unit: "%",
    });
  }
  targets.push({
    name: "claim: Bun.file().json() takes less time, at the size where it does best",
    atLeast: CLAIMED.best,
    measured: Math.max(...saved),
    unit: "%",
  });
  return { cases, targets };
}

const row = (id: number) => ({
  id,
  path: `src/module-${id % 97}/file-${id}.ts`,
  lines: (id * 37) % 900,
  ok: id % 7 !== 0,
  ratio: Math.sin(id),
});

function readers(path: string, size: string, rows: number): Variant[] {
  /** A fast wrong answer is no measurement. */
  const checked = (value: unknown): void => {
    if (!Array.isArray(value) || value.length !== rows)
      throw new Error(`${path} was read as something else`);
  };
  return [
    {
      name: `readFileSync and JSON.parse, ${size}`,
      run: () => checked(JSON.parse(readFileSync(path, "utf8"))),
    },
    {
      name: `Bun.file().json(), ${size}`,
      run: async () => checked(await Bun.file(path).json()),
    },
    {
      name: `Bun.file().text() and JSON.parse, ${size}`,
      run: async () => checked(JSON.parse(await Bun.file(path).text())),
    },
  ];
}
