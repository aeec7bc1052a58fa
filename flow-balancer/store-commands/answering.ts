/** How a command is carried out from the command line: where it runs, in what form it answers, and where that goes. */

import { homedir } from "node:os";
import type { Answer } from "../commands/answer.ts";
import { type Terminal, terminalOf } from "../commands/terminal.ts";
import { printableLines } from "../core/printable.ts";
import { bunEnv } from "../env.ts";
import type { Where } from "./read-store.ts";

export const JSON_OPTION = ["--json", "one JSON object"] as const;

/** Its own directory, environment and time. */
export const here = (): Where => ({
  around: { env: process.env, cwd: process.cwd(), home: homedir() },
  env: bunEnv,
});

export const as = ({ json }: { readonly json?: true }): Terminal | "json" =>
  json === true ? "json" : terminalOf(process.stdout, process.env);

/** Sets the exit code; what is thrown is the caller's to say. */
export async function answer(make: () => Promise<Answer>): Promise<void> {
  const { data, notes = [], exitCode = 0 } = await make();
  // Whoever reads has enough, as `head` after its lines: no reason to complain.
  process.stdout.on("error", (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== "EPIPE") throw thrown;
    process.exit(exitCode);
  });
  if (data !== "") process.stdout.write(`${data}\n`);
  for (const note of notes) process.stderr.write(`${printableLines(note)}\n`);
  process.exitCode = exitCode;
}
