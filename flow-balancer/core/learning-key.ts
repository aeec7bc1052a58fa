/**
 * What within a kind runs alike, as a short name to learn by: `git status` runs unlike `git clone`. A
 * complexity that was said comes first; else what a command or a script runs; else how long the input is.
 * The name is shown to people and kept for long, so nothing gets into it that may be a secret: of a
 * command only its program and a plain lower-case word that stands where subcommands stand.
 */

import { fnv1a } from "./fnv1a.ts";
import { parseOrNull } from "./json.ts";

/** Longer inputs (UTF-16 units) are not read: their length says enough, and parsing them would cost more than a microsecond or two. */
const MAX_READ = 4_096;
const MAX_CHARS = 64;
/** `git`, `python3.12`, `docker-compose`; cut at 32. */
const PROGRAM = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
/** `status`, `test:e2e-all`: no digits, which is what tells most words from most secrets. */
const SUBCOMMAND = /^[a-z]+(?:[:_-][a-z]+)*$/;
const MAX_WORD = 24;
/** Their first argument, where it is a file, is the program. */
const INTERPRETER =
  /^(?:bun|deno|node|tsx|(?:python|ruby|perl|php)[\d.]*|(?:ba|da|z)?sh)$/;
const SCRIPT =
  /^[A-Za-z][A-Za-z0-9._-]{0,39}\.(?:[cm]?[jt]sx?|py|rb|pl|php|sh)$/;

/**
 * At most 64 printable characters; "": no telling. `complexity` is 1..10, null or anything else: none was
 * said. Takes any text for `inputJson`; never throws.
 */
export function learningBucket(
  kind: string,
  inputJson: string,
  complexity: number | null = null,
): string {
  if (complexity !== null && complexity >= 1 && complexity <= 10)
    return complexity < 4 ? "c1-3" : complexity < 8 ? "c4-7" : "c8-10";
  if (inputJson.length > MAX_READ) return sizeClass(inputJson.length);
  if (kind === "shell") return ofCommand(fieldOf(inputJson, "argv"));
  if (kind === "script") return ofCode(fieldOf(inputJson, "code"));
  return "";
}

/** By factors of four: `4k+`, `16k+`, ... `1024M+` and whatever is longer. */
function sizeClass(length: number): string {
  let from = MAX_READ;
  while (from < 2 ** 30 && length >= from * 4) from *= 4;
  return from < 2 ** 20 ? `${from / 2 ** 10}k+` : `${from / 2 ** 20}M+`;
}

function ofCommand(argv: unknown): string {
  if (!Array.isArray(argv)) return "";
  const [path, first, second] = argv as readonly unknown[];
  const program = baseName(path);
  if (!PROGRAM.test(program)) return "";
  const name = program.slice(0, 32);
  if (isWord(first))
    return first === "run" && isWord(second)
      ? `${name} run ${second}`
      : `${name} ${first}`;
  const file = baseName(first);
  return INTERPRETER.test(name) && SCRIPT.test(file)
    ? `${name} ${file}`.slice(0, MAX_CHARS)
    : name;
}

const isWord = (value: unknown): value is string =>
  typeof value === "string" &&
  value.length <= MAX_WORD &&
  SUBCOMMAND.test(value);

function baseName(path: unknown): string {
  if (typeof path !== "string") return "";
  return path.slice(
    Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1,
  );
}

/** 32-bit FNV-1a over its UTF-16 units (Fowler, Noll, Vo; offset basis 2166136261, prime 16777619): two of 1,000 scripts are taken for one with odds of 1 in 8,600. */
function ofCode(code: unknown): string {
  if (typeof code !== "string") return "";
  return `code ${fnv1a(code).toString(16).padStart(8, "0")}`;
}

function fieldOf(json: string, name: "argv" | "code"): unknown {
  const value = parseOrNull(json);
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
