/**
 * Ways to read a JSON file, to write rows, and to ask another process or thread: what is claimed of each
 * (Bun.file().json() 20 to 30 % faster, WAL with synchronous NORMAL and a bigger cache two to three times the
 * writes), and what this machine says.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Findings } from "./report.ts";
import { measureEchoes } from "./echoes.ts";
import { measureJsonFiles } from "./json-files.ts";
import { measureSqliteWrites } from "./sqlite-writes.ts";
import type { RunOptions, Suite } from "./suite.ts";

export const io: Suite = {
  name: "io",
  measures:
    "reading JSON files, writing SQLite rows, asking processes and threads",
  run: measureIo,
};

async function measureIo({ quick, say }: RunOptions): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-io-"));
  try {
    say("JSON files");
    const files = await measureJsonFiles(folder, quick);
    say("SQLite writes");
    const writes = await measureSqliteWrites(folder, quick);
    say("echoes");
    const echoes = await measureEchoes(quick);
    const found = [files, writes, echoes];
    return {
      cases: found.flatMap(({ cases }) => cases),
      targets: found.flatMap(({ targets }) => targets),
      notes: [
        "SQLite's defaults have every commit on the disk before they answer; with synchronous NORMAL a power cut may take the last ones. A part of the gain is that.",
        "A string goes to a thread without being copied; to a process it is written, sent and read.",
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
