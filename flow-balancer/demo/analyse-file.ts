/**
 * The demo's own kind of task, as a user would write one: a module that says what it takes and
 * does one piece of work. It runs in worker processes of the server.
 */

import { join } from "node:path";
import { defineTask } from "flow-balancer/task";
import { z } from "zod";
import { analyseSource } from "./analyse-source.ts";

export default defineTask({
  kind: "analyse_file",
  description:
    "Lines, tokens, SHA-256 and compressed sizes (gzip, zstd, brotli) of one source file",
  input: z.strictObject({
    root: z.string().min(1),
    path: z.string().min(1),
  }),
  async run({ root, path }) {
    const source = await Bun.file(join(root, path)).bytes();
    return { path, ...analyseSource(source) };
  },
});
