/** Results of the batch against computations that share no code with it, or say so where they must. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { countLines, GZIP_LEVEL } from "./analyse-source.ts";
import type { MeasuredFile } from "./batch.ts";
import type { GitRepository } from "./git.ts";
import { type History, MAX_COMMITS } from "./history.ts";

export interface Check {
  /** What was compared. */
  readonly name: string;
  /** What computed it anew. */
  readonly by: string;
  readonly ok: boolean;
  /** The first difference; null if there is none. */
  readonly mismatch: string | null;
}

/** How many files are compressed anew: one processor does these in a moment. */
const GZIP_FILES = 3;

export async function checkResults(
  repository: GitRepository,
  files: readonly MeasuredFile[],
  history: History | null,
): Promise<Check[]> {
  const { root } = repository;
  return [
    await checkHashes(root, files),
    await checkCounts(root, files),
    checkGzip(root, files),
    ...(history === null ? [] : [await checkCommits(repository, history)]),
  ];
}

async function checkHashes(
  root: string,
  files: readonly MeasuredFile[],
): Promise<Check> {
  const rows = await rowsOf("sha256sum", [], root, files);
  // A backslash before the hash means that the name was escaped.
  const told = rows?.map((row) => row.replace(/^\\/, "").slice(0, 64));
  const expected =
    told ??
    files.map(({ path }) =>
      createHash("sha256")
        .update(readFileSync(join(root, path)))
        .digest("hex"),
    );
  return compare(
    `SHA-256 of ${count(files)}`,
    told === undefined ? "crypto, here" : "sha256sum",
    files.map(({ path, sha256 }, index) => [path, sha256, expected[index]]),
  );
}

async function checkCounts(
  root: string,
  files: readonly MeasuredFile[],
): Promise<Check> {
  const rows = await rowsOf("wc", ["-lc"], root, files);
  const told = rows?.map((row) => row.trim().split(/\s+/, 2).join(" "));
  const expected =
    told ??
    files.map(({ path }) => {
      const source = readFileSync(join(root, path));
      return `${countLines(source)} ${source.byteLength}`;
    });
  return compare(
    `lines, bytes of ${count(files)}`,
    told === undefined ? "counted here" : "wc",
    files.map(({ path, lines, bytes }, index) => [
      path,
      `${lines} ${bytes}`,
      expected[index],
    ]),
  );
}

/** Programs named gzip differ by a byte or two, so the same library has to do, in another process. */
function checkGzip(root: string, files: readonly MeasuredFile[]): Check {
  const largest = [...files]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, GZIP_FILES);
  return compare(
    `gzip of the ${largest.length} largest`,
    "zlib, here",
    largest.map(({ path, gzip_bytes }) => [
      path,
      gzip_bytes,
      gzipSync(readFileSync(join(root, path)), { level: GZIP_LEVEL })
        .byteLength,
    ]),
  );
}

async function checkCommits(
  repository: GitRepository,
  { commits }: History,
): Promise<Check> {
  const expected = await repository.countCommits(MAX_COMMITS);
  return compare("commits in the log", "git rev-list", [
    ["git log", commits, expected],
  ]);
}

type Comparison = readonly [
  what: string,
  got: string | number,
  expected: string | number | undefined,
];

function compare(
  name: string,
  by: string,
  comparisons: readonly Comparison[],
): Check {
  const differing = comparisons.filter(([, got, expected]) => got !== expected);
  const [first] = differing;
  return {
    name,
    by,
    ok: first === undefined,
    mismatch:
      first === undefined
        ? null
        : `${first[0]}: got ${first[1]}, expected ${first[2]}${differing.length > 1 ? ` (and ${differing.length - 1} more)` : ""}`,
  };
}

/** One line a file, in order; null where the program is missing or does not understand us. */
async function rowsOf(
  program: string,
  flags: readonly string[],
  root: string,
  files: readonly MeasuredFile[],
): Promise<string[] | null> {
  if (Bun.which(program) === null) return null;
  const child = Bun.spawn(
    [program, ...flags, "--", ...files.map(({ path }) => path)],
    {
      cwd: root,
      env: { ...process.env, LC_ALL: "C" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    },
  );
  const [output, exitCode] = await Promise.all([
    child.stdout.text(),
    child.exited,
  ]);
  const rows = output.split("\n").slice(0, files.length);
  return exitCode === 0 && rows.length === files.length ? rows : null;
}

const count = (files: readonly unknown[]): string =>
  files.length === 1 ? "1 file" : `${files.length} files`;
