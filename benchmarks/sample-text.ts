/** Text like what tools send: mostly letters, with line ends and quotes that JSON has to escape. ASCII, seeded. */

import { seededRandom } from "./seeded-random.ts";

const SEED = 42;
/** Repeated from here on: making 16 MiB letter by letter takes a second. */
const PIECE = 65_536;
/** One in 75 is a line end and one a quote, about as in source code. */
const LETTERS = `abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789_.,;(){}\n"`;

export function sampleText(length: number): string {
  const random = seededRandom(SEED);
  let piece = "";
  while (piece.length < Math.min(length, PIECE))
    piece += LETTERS[Math.floor(random() * LETTERS.length)] ?? "";
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}
