/** Payloads as tasks have them: search results as JSON, source text, a log, and bytes without any shape. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "./seeded-random.ts";

export interface Payload {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const REPOSITORY = join(import.meta.dir, "..");
const HOUR_MS = 3_600_000;

/** Of each kind, cut to `size` bytes; the same in every run over the same source. */
export function payloads(size: number): Payload[] {
  const source = sourceFiles();
  const kib = `${size / 1_024} KiB`;
  return [
    { name: `JSON list, ${kib}`, bytes: cut(searchResults(source), size) },
    {
      name: `source text, ${kib}`,
      bytes: cut(source.map(({ text }) => text).join("\n"), size),
    },
    { name: `log, ${kib}`, bytes: cut(log(size), size) },
    { name: `random bytes, ${kib}`, bytes: randomBytes(size) },
  ];
}

function cut(text: string, size: number): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(text);
  if (bytes.length < size)
    throw new Error(`there are only ${bytes.length} of ${size} bytes`);
  return new Uint8Array(bytes.subarray(0, size));
}

const sourceFiles = (): { path: string; text: string }[] =>
  [...new Bun.Glob("{flow-balancer,tests}/**/*.ts").scanSync(REPOSITORY)]
    .toSorted()
    .map((path) => ({
      path,
      text: readFileSync(join(REPOSITORY, path), "utf8"),
    }));

const searchResults = (files: ReturnType<typeof sourceFiles>): string =>
  JSON.stringify(
    files.flatMap(({ path, text }) =>
      text
        .split("\n")
        .map((line, at) => ({ path, line: at + 1, text: line, score: 1 })),
    ),
  );

function log(size: number): string {
  const chance = seededRandom(1);
  const pick = (count: number): number => Math.floor(chance() * count);
  const lines: string[] = [];
  let bytes = 0;
  for (let at = 0; bytes < size; at += pick(HOUR_MS / 1_000)) {
    const level = ["debug", "info", "info", "warning"][pick(4)];
    const line = `${new Date(1_700_000_000_000 + at).toISOString()} ${level} worker w${pick(8)} task ${pick(2 ** 31).toString(36)} kind=${["shell", "script", "lint"][pick(3)]} wait_ms=${(chance() * 9).toFixed(3)} run_ms=${(chance() * 900).toFixed(3)}\n`;
    lines.push(line);
    bytes += line.length;
  }
  return lines.join("");
}

function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const chance = seededRandom(2);
  return Uint8Array.from({ length: size }, () => Math.floor(chance() * 256));
}
