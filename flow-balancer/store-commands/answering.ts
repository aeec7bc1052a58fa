/** How a command is carried out from the command line: where it runs, in what form it answers, and where that goes. */

import { homedir } from "node:os";
import type { Answer } from "../commands/answer.ts";
import { type Terminal, terminalOf } from "../commands/terminal.ts";
import { endQuietlyUnread, writeAnswer } from "../commands/write-answer.ts";
import { bunEnv } from "../env.ts";
import type { Where } from "./read-store.ts";

export const JSON_OPTION = ["--json", "one JSON object"] as const;
export const WATCH_OPTION = [
  "--watch [seconds]",
  "look again every 2 s, or as often as said",
] as const;

/** Of a command that reads. */
export interface Reading {
  readonly json?: true;
  readonly watch?: string | true;
}

/** Its own directory, environment and time. */
export const here = (): Where => ({
  around: { env: process.env, cwd: process.cwd(), home: homedir() },
  env: bunEnv,
});

export const as = ({ json }: { readonly json?: true }): Terminal | "json" =>
  json === true ? "json" : terminalOf(process.stdout, process.env);

/** Sets the exit code; what is thrown is the caller's to say. With `watch` it answers again and again. */
export async function answer(
  make: () => Promise<Answer>,
  { watch }: Reading = {},
): Promise<void> {
  if (watch !== undefined) {
    const { watchAnswer } = await import("./watching.ts");
    return watchAnswer(make, watch);
  }
  const made = await make();
  const { exitCode = 0 } = made;
  endQuietlyUnread(exitCode);
  writeAnswer(made);
  process.exitCode = exitCode;
}
