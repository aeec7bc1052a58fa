/**
 * The work under which servers are killed: tasks that may run twice (a script that sleeps a little) and
 * tasks that may not (a command that adds a line to a file), submitted at a steady rate to whichever
 * server answers; and answers about earlier ones, kept, so that one that changes is seen.
 */

import type { SeededChance } from "../simulation/seeded-chance.ts";
import type { Journal } from "./journal.ts";
import type { Answer, Terminal } from "./terminal.ts";

const SLEEP =
  "export default async ({ n, ms }: { n: number; ms: number }) => { await Bun.sleep(ms); return { n, pid: process.pid, at: performance.timeOrigin + performance.now() }; }";

/** One in so many is a command. */
const COMMAND_EVERY = 5;
const MAX_SLEEP_MS = 120;
/** One in so many takes long, so that there is something to be late with. */
const LONG_EVERY = 8;
const LONG_MS = 1_000;
/** Requests that no server has answered yet; more would only wait in its pipe. */
const MAX_UNANSWERED = 200;

export class Load {
  /** Answers that differ from an earlier one about the same task. */
  readonly changed: string[] = [];
  submitted = 0;
  refused = 0;
  readonly #terminals: readonly Terminal[];
  readonly #journal: Journal;
  readonly #chance: SeededChance;
  readonly #effects: string;
  readonly #acknowledged: string[] = [];
  readonly #answers = new Map<string, string>();
  #unanswered = 0;

  constructor(
    terminals: readonly Terminal[],
    journal: Journal,
    chance: SeededChance,
    effects: string,
  ) {
    this.#terminals = terminals;
    this.#journal = journal;
    this.#chance = chance;
    this.#effects = effects;
  }

  /** One more task, and a question about an earlier one. */
  step(): void {
    const terminal = this.#anyOne();
    if (terminal === undefined || this.#unanswered >= MAX_UNANSWERED) return;
    const n = ++this.submitted;
    const task =
      n % COMMAND_EVERY === 0
        ? {
            kind: "shell",
            input: {
              argv: [
                "sh",
                "-c",
                'echo "$1" >> "$2"',
                "sh",
                String(n),
                this.#effects,
              ],
            },
          }
        : {
            kind: "script",
            input: {
              code: SLEEP,
              args: {
                n,
                ms:
                  n % LONG_EVERY === 1
                    ? LONG_MS
                    : this.#chance.below(MAX_SLEEP_MS),
              },
            },
          };
    this.#track(this.#submit(terminal, task));
    if (this.#acknowledged.length > 0) this.#track(this.#look());
  }

  async #submit(terminal: Terminal, task: object): Promise<void> {
    const { task_id: id } = await terminal.call("submit_task", task);
    if (typeof id !== "string") {
      this.refused++;
      return;
    }
    this.#journal.acknowledged(id);
    this.#acknowledged.push(id);
  }

  async #look(): Promise<void> {
    const id =
      this.#acknowledged[this.#chance.below(this.#acknowledged.length)];
    const answer = await this.#anyOne()?.call("await_task", {
      task_ids: [id],
      wait_ms: 0,
    });
    const [task] = (answer?.["results"] ?? []) as Answer[];
    if (id === undefined || task === undefined || task["status"] === "working")
      return;
    const { status, value, error } = task;
    const text = JSON.stringify({ status, value, error });
    const earlier = this.#answers.get(id) ?? text;
    if (earlier !== text) this.changed.push(`${id}: ${earlier} then ${text}`);
    this.#answers.set(id, text);
  }

  /** A server that died under a request acknowledged nothing. */
  #track(request: Promise<void>): void {
    this.#unanswered++;
    void request.catch(() => {}).then(() => this.#unanswered--);
  }

  #anyOne(): Terminal | undefined {
    const ready = this.#terminals.filter(
      ({ hasEnded, isStopped }) => !hasEnded && !isStopped,
    );
    return ready[this.#chance.below(ready.length)];
  }
}
