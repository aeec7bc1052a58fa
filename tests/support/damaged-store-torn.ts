/** Logs and databases as a power loss leaves them: by chance, from a store whose files were whole. */

import type { SeededChance } from "../simulation/seeded-chance.ts";
import {
  FRAME_HEADER,
  LOG_HEADER,
  type DamagedStore,
} from "./damaged-store.ts";

/** What a disk writes whole, or not at all. */
const SECTOR = 512;

/** One to three sectors of the log hold nothing, or something else of it; and the first byte that is not as it was. */
export function withoutSectors(
  { log: whole }: DamagedStore,
  chance: SeededChance,
): { log: Buffer; from: number } {
  const log = Buffer.from(whole);
  const sectors = Math.ceil(log.length / SECTOR);
  let from = log.length;
  for (let left = 1 + chance.below(3); left > 0; left--) {
    const at = SECTOR * chance.below(sectors);
    const other = SECTOR * chance.below(sectors);
    if (chance.below(2) === 0)
      log.fill(0, at, Math.min(at + SECTOR, log.length));
    else log.copy(log, at, other, other + SECTOR);
    const first = log
      .subarray(at, at + SECTOR)
      .findIndex((byte, n) => byte !== whole[at + n]);
    if (first >= 0) from = Math.min(from, at + first);
  }
  return { log, from };
}

/**
 * flow.db while the log is being copied to it: of the pages that the log has, some are as before, some as
 * they will be, some are half of each, some garbage; and the file is as long as before, or longer.
 */
export function halfCopied(
  { main, log, frames, frameBytes }: DamagedStore,
  chance: SeededChance,
): Buffer {
  const pageBytes = frameBytes - FRAME_HEADER;
  const end = Math.max(...frames.map(({ page }) => page)) * pageBytes;
  const growth = chance.below(Math.max(0, end - main.length) + 1);
  const copied = Buffer.alloc(main.length + growth);
  main.copy(copied);
  for (const [n, { page }] of frames.entries()) {
    const to = (page - 1) * pageBytes;
    const from = LOG_HEADER + n * frameBytes + FRAME_HEADER;
    const part = SECTOR * (1 + chance.below(pageBytes / SECTOR));
    const how = chance.below(4);
    if (how === 1) log.copy(copied, to, from, from + part);
    if (how === 2) log.copy(copied, to, from, from + pageBytes);
    if (how === 3)
      copied.fill(chance.below(256), to, Math.min(to + part, copied.length));
  }
  return copied;
}
