/** Where an answer goes: data to stdout, notes to stderr, and no complaint where nobody reads on. */

import { printableLines } from "../core/printable.ts";
import type { Answer } from "./answer.ts";
import { wrappedText } from "./wrapped-lines.ts";

export function writeAnswer({ data, notes = [] }: Answer): void {
  if (data !== "") process.stdout.write(`${data}\n`);
  const { isTTY, columns } = process.stderr;
  const width = isTTY && columns > 0 ? columns : Infinity;
  for (const note of notes)
    process.stderr.write(`${wrappedText(printableLines(note), width)}\n`);
}

/** Whoever reads has enough, as `head` after its lines: no reason to complain. */
export function endQuietlyUnread(exitCode: number): void {
  process.stdout.on("error", (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== "EPIPE") throw thrown;
    process.exit(exitCode);
  });
}
