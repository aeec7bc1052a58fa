/** A closed loop: so many calls in flight, the next one when one is answered. Every answer is checked. Runs on Bun and on Node. */

import { sampleText } from "./sample-text.ts";

/** What goes to and fro; `serial` is another one each time, so that an answer to the wrong call cannot pass for the right one. */
export interface EchoInput {
  readonly serial: number;
  readonly text: string;
}

export interface Load {
  readonly inFlight: number;
  /** How long new calls are made; those in flight then are waited for. */
  readonly ms: number;
  /** Length of the text in every input. */
  readonly chars: number;
}

export interface Block {
  /** One a call, us. */
  readonly latencies: readonly number[];
  /** From the first call to the last answer. */
  readonly ms: number;
}

let serial = 0;
/** Of the last block: a long one is not made again for each. */
let text = "";

/** Rejects with the first answer that is not what was sent, and with whatever `run` rejects with. */
export async function closedLoop(
  run: (input: EchoInput) => Promise<unknown>,
  { inFlight, ms, chars }: Load,
): Promise<Block> {
  if (text.length !== chars) text = sampleText(chars);
  const latencies: number[] = [];
  const startedAt = performance.now();
  const caller = async (): Promise<void> => {
    do {
      const input = { serial: ++serial, text };
      const calledAt = performance.now();
      const answer = await run(input);
      latencies.push((performance.now() - calledAt) * 1_000);
      check(input, answer);
    } while (performance.now() - startedAt < ms);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { latencies, ms: performance.now() - startedAt };
}

function check(input: EchoInput, answer: unknown): void {
  const back = answer as Partial<EchoInput>;
  if (back.serial !== input.serial || back.text !== input.text)
    throw new Error(
      `${JSON.stringify(input).slice(0, 200)} was answered with ${String(JSON.stringify(answer)).slice(0, 200)}`,
    );
}
