/** A list of tasks from a file or stdin: the arguments of the tool add_tasks, as JSON. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { ListType, NewItem } from "../core/board.ts";
import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { readArguments } from "../mcp/argument-errors.ts";
import { addFields, toItems } from "../mcp/board-request.ts";

export interface TaskList {
  readonly items: readonly NewItem[];
  readonly type: ListType;
}

const MAX_BYTES = 8 * 1_048_576;
const SCHEMA = z.strictObject(addFields);

/** `-`: stdin. Throws INVALID_ARGUMENT, OUT_OF_RANGE or PAYLOAD_TOO_LARGE and says what is wrong where. */
export async function readTaskList(
  from: string,
  cwd: string,
): Promise<TaskList> {
  const name = from === "-" ? "stdin" : from;
  const text = from === "-" ? await readStdin() : readFile(resolve(cwd, from));
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (thrown) {
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `${quoted(name)} is not JSON: ${(thrown as Error).message}`,
      { hint: SHAPE },
    );
  }
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `${quoted(name)} must hold one JSON object`,
      { hint: SHAPE },
    );
  const args = readArguments(SCHEMA, raw);
  return { items: toItems(args), type: args.type ?? "parallel" };
}

const SHAPE =
  'As in {"type": "sequential", "tasks": [{"title": "One"}, {"title": "Two", "weight": 5}]}.';

function readFile(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.byteLength > MAX_BYTES) throw tooLarge(path);
    return bytes.toString("utf8");
  } catch (thrown) {
    if (thrown instanceof BalancerError) throw thrown;
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `--from: ${(thrown as Error).message}`,
      { cause: thrown },
    );
  }
}

async function readStdin(): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of Bun.stdin.stream()) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw tooLarge("stdin");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const tooLarge = (name: string): BalancerError =>
  new BalancerError(
    "PAYLOAD_TOO_LARGE",
    `${quoted(name)} has more than ${MAX_BYTES} bytes`,
    { hint: "Divide the list among several calls." },
  );
