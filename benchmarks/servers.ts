/** The servers that are measured, and how each is started. */

import { join } from "node:path";
import { ERAS, type Era } from "./mcp-messages.ts";
import { StdioPeer } from "./stdio-peer.ts";
import type { TemporaryProject } from "./temporary-project.ts";

export interface ServerUnderTest {
  readonly name: string;
  readonly file: string;
  /** The tool that gives back what it got, as `value` of its answer. */
  readonly echo: Echo;
  readonly eras: readonly Era[];
}

/** What goes to and fro. */
export interface EchoValue {
  readonly serial: number;
  readonly text: string;
}

export interface Echo {
  readonly tool: string;
  args(value: EchoValue): object;
}

const bareEcho: Echo = { tool: "echo", args: (value) => ({ value }) };
const taskEcho: Echo = {
  tool: "run_task",
  args: (input) => ({ kind: "echo", input }),
};

export const BARE: ServerUnderTest = {
  name: "bare SDK",
  file: join(import.meta.dir, "floors/bare-stdio-server.ts"),
  echo: bareEcho,
  eras: ERAS,
};
export const BARE_V1: ServerUnderTest = {
  name: "bare SDK v1",
  file: join(import.meta.dir, "floors/bare-v1-stdio-server.ts"),
  echo: bareEcho,
  eras: ["legacy"],
};
export const BARE_PROCESS: ServerUnderTest = {
  name: "bare SDK and raw IPC",
  file: join(import.meta.dir, "floors/bare-process-stdio-server.ts"),
  echo: bareEcho,
  eras: ERAS,
};
export const OURS: ServerUnderTest = {
  name: "flow-balancer",
  file: join(import.meta.dir, "../flow-balancer/server.ts"),
  echo: taskEcho,
  eras: ERAS,
};

/** Spawned, and not yet spoken to. */
export const startServer = (
  { file }: ServerUnderTest,
  era: Era,
  { folder, env }: TemporaryProject,
  flags: readonly string[] = [],
): StdioPeer =>
  new StdioPeer({ args: [file, ...flags], cwd: folder, env, era });

/** Calls the echo tool once. Throws unless exactly `value` came back. */
export async function echoOnce(
  peer: Pick<StdioPeer, "call">,
  { tool, args }: Echo,
  value: EchoValue,
): Promise<void> {
  const { result, error } = await peer.call(tool, args(value));
  const content = result?.["structuredContent"] as
    { value?: unknown } | undefined;
  if (result?.["isError"] === true || !Bun.deepEquals(content?.value, value))
    throw new Error(
      `${tool} was given ${JSON.stringify(value)} and answered ${JSON.stringify(error ?? result).slice(0, 500)}`,
    );
}
