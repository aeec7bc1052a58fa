/** What tasks can pour out, and what the task then has to come to. Sizes are in bytes or messages, given as `amount`. */

import type { PoolKind } from "../flow-balancer/pool/pool-task.ts";
import { builtInKind } from "./watched-pool.ts";

export interface Flood {
  readonly name: string;
  readonly kind: PoolKind;
  readonly input: unknown;
  /** The status of the task, or the code of its error. */
  readonly outcome: string;
}

const GIB = 1_073_741_824;
const MESSAGES = 1_000_000;
const LARGE_MESSAGE = 100_000_000;
const CHUNK = 65_536;
/** Of a result, in any of these pools. */
const ABOVE_LIMIT = 2 * 1_048_576;

/** A share of 1 is the full size. */
export const floodsOf = (share: number): readonly Flood[] => {
  const bytes = Math.round(GIB * share);
  const messages = Math.round(MESSAGES * share);
  const large = Math.max(ABOVE_LIMIT, Math.round(LARGE_MESSAGE * share));
  return [
    shell("lines on stdout, a command", `yes | head -c ${bytes}`),
    shell("lines on stderr, a command", `yes | head -c ${bytes} >&2`),
    shell("no line end, a command", `head -c ${bytes} /dev/zero | tr '\\0' x`),
    shell(
      "bytes that are no text, a command",
      `head -c ${bytes} /dev/zero | tr '\\0' '\\377'`,
    ),
    script("console.log, a script", chunks(bytes, "console.log(chunk);")),
    script(
      "process.stderr.write, a script",
      chunks(bytes, "process.stderr.write(chunk);"),
    ),
    script("file descriptor 1, a script", chunks(bytes, "written(1, chunk);")),
    script(
      "file descriptor 2, bytes that are no text, a script",
      chunks(bytes, "written(2, binary);"),
    ),
    script(
      "messages that nobody asked for",
      times(messages, 'process.send({ type: "hello", at });'),
    ),
    script("messages to its log", times(messages, "ctx.log(`line ${at}`);")),
    {
      // Too large for its channel: refused where it is sent.
      ...script(
        "a message of 100 MB",
        `export default async () => { process.send("x".repeat(${large})); await Bun.sleep(200); return 1; };`,
      ),
      outcome: "TASK_THREW",
    },
    {
      ...script(
        "a result over the limit",
        `export default () => "x".repeat(${large});`,
      ),
      outcome: "PAYLOAD_TOO_LARGE",
    },
  ];
};

/** Not a flood: takes a core, as they do, and sends nothing. */
export const COMPUTING: Flood = script(
  "a task that only computes",
  "export default () => { const until = performance.now() + 2_000; while (performance.now() < until); return 1; };",
);

function shell(name: string, command: string): Flood {
  return {
    name,
    kind: builtInKind("shell"),
    input: { argv: ["sh", "-c", command] },
    outcome: "completed",
  };
}

function script(name: string, code: string): Flood {
  return {
    name,
    kind: builtInKind("script"),
    input: { code },
    outcome: "completed",
  };
}

const chunks = (bytes: number, write: string): string => `
  import { writeSync } from "node:fs";
  const chunk = "x".repeat(${CHUNK});
  const binary = Buffer.alloc(${CHUNK}, 255);
  // The descriptors are pipes that do not block: a full one refuses, and is asked again.
  function written(descriptor, data) {
    const bytes = Buffer.from(data);
    for (let at = 0; at < bytes.length;)
      try {
        at += writeSync(descriptor, bytes, at);
      } catch (thrown) {
        if (thrown.code !== "EAGAIN") throw thrown;
        Bun.sleepSync(0.1);
      }
  }
  export default () => {
    for (let left = ${bytes}; left > 0; left -= ${CHUNK}) { ${write} }
    return binary.length;
  };`;

const times = (count: number, send: string): string => `
  export default async (_, ctx) => {
    for (let at = 0; at < ${count}; at++) { ${send} }
    return 1;
  };`;
