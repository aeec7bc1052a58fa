/**
 * One contender in a process of its own, so that none shares a heap with another and a hang
 * stops nobody: started with its options as JSON, it takes one order a line on stdin, answers with one line
 * on stdout, and goes when stdin ends. Runs on Bun and on Node.
 */

import { createInterface } from "node:readline";
import {
  closedLoop,
  type Block,
  type EchoInput,
  type Load,
} from "./closed-loop.ts";

/** A pool, or a floor, that gives back what it is sent. */
export interface Peer {
  run(input: EchoInput): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface ContenderOptions {
  readonly workers: number;
  /** What else the contender knows, as the shape of a message. */
  readonly [name: string]: string | number;
}

export type ContenderAnswer =
  | { readonly type: "ready"; readonly runtime: string }
  | ({ readonly type: "block" } & Block)
  | { readonly type: "failed"; readonly message: string };

const runtime = (): string => {
  const { bun, node } = process.versions;
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`;
};

const answer = (it: ContenderAnswer): void => {
  process.stdout.write(`${JSON.stringify(it)}\n`);
};

const failed = (thrown: unknown): ContenderAnswer => ({
  type: "failed",
  message: thrown instanceof Error ? thrown.message : String(thrown),
});

/** Closing takes a moment, and longer where a profile is written; whoever hangs is not waited for. */
const CLOSE_MS = 30_000;

/** Ends the process when stdin ends. */
export async function serveContender(
  open: (options: ContenderOptions) => Peer | Promise<Peer>,
): Promise<void> {
  process.stdin.once("end", () => {
    setTimeout(() => process.exit(1), CLOSE_MS).unref();
  });
  let peer: Peer;
  try {
    peer = await open(JSON.parse(process.argv[2] ?? "{}") as ContenderOptions);
  } catch (thrown) {
    answer(failed(thrown));
    return;
  }
  answer({ type: "ready", runtime: runtime() });
  for await (const line of createInterface({ input: process.stdin }))
    try {
      answer({
        type: "block",
        ...(await closedLoop(
          (input) => peer.run(input),
          JSON.parse(line) as Load,
        )),
      });
    } catch (thrown) {
      answer(failed(thrown));
    }
  await peer.close();
  process.exit(0);
}
