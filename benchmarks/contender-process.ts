/** The suite's half of a contender: starts its process, gives orders, and ends it with all it started. */

import type { Block, Load } from "./closed-loop.ts";
import type { ContenderAnswer, ContenderOptions } from "./contender.ts";

/** Workers have to start; a contender that takes longer hangs. */
const START_MS = 10_000;
/** Beyond the block's own time. */
const ANSWER_MS = 10_000;
const EXIT_MS = 2_000;

/** Left out: nothing is kept of stderr, and the environment is ours. */
export interface Surroundings {
  readonly stderr?: Bun.BunFile;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export class ContenderProcess {
  readonly #process: Bun.Subprocess<"pipe", "pipe">;
  readonly #lines: AsyncIterator<string>;
  #runtime = "";

  private constructor(command: readonly string[], more: Surroundings) {
    this.#process = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
      ...more,
      // A group of its own: what it started goes with it.
      detached: true,
    });
    this.#lines = linesOf(this.#process.stdout);
  }

  /** Rejects, and leaves no process, if it says why it cannot or says nothing in time. */
  static async start(
    command: readonly string[],
    options: ContenderOptions,
    more: Surroundings = {},
  ): Promise<ContenderProcess> {
    const made = new ContenderProcess(
      [...command, JSON.stringify(options)],
      more,
    );
    const ready = await made.#answer(START_MS);
    if (ready.type !== "ready") throw new Error("it did not say it was ready");
    made.#runtime = ready.runtime;
    return made;
  }

  /** Name and version. */
  get runtime(): string {
    return this.#runtime;
  }

  /** Rejects, and the process is gone, after a wrong answer, an error or a hang. */
  async block(load: Load, marginMs = ANSWER_MS): Promise<Block> {
    void this.#process.stdin.write(`${JSON.stringify(load)}\n`);
    void this.#process.stdin.flush();
    const answer = await this.#answer(load.ms + marginMs);
    if (answer.type !== "block") throw new Error("it answered out of turn");
    return answer;
  }

  async close(withinMs = EXIT_MS): Promise<void> {
    await this.#process.stdin.end();
    const killer = setTimeout(() => this.#kill(), withinMs);
    await this.#process.exited;
    clearTimeout(killer);
    this.#kill();
  }

  async #answer(withinMs: number): Promise<ContenderAnswer> {
    let killed = false;
    const killer = setTimeout(() => {
      killed = true;
      this.#kill();
    }, withinMs);
    const { value, done } = await this.#lines.next();
    clearTimeout(killer);
    if (done === true) {
      this.#kill();
      throw new Error(
        killed
          ? `it did not answer within ${withinMs} ms`
          : "its process ended",
      );
    }
    const answer = JSON.parse(value) as ContenderAnswer;
    if (answer.type !== "failed") return answer;
    this.#kill();
    throw new Error(answer.message);
  }

  #kill(): void {
    try {
      process.kill(-this.#process.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = "";
  for await (const chunk of stream) {
    held += decoder.decode(chunk, { stream: true });
    for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
      yield held.slice(0, end);
      held = held.slice(end + 1);
    }
  }
}
