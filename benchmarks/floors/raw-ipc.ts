/**
 * The floor of a pool of processes: bare Bun.spawn and `send`, one send a message, answers in the
 * order of the questions. `form` is one of echo-forms.ts, `serialization` is Bun's. Several
 * workers take turns.
 */

import { join } from "node:path";
import type { EchoInput } from "../closed-loop.ts";
import { type Peer, serveContender } from "../contender.ts";
import { type Form, type FormName, FORMS } from "../echo-forms.ts";

const CHILD = join(import.meta.dir, "echo-child.ts");
class RawIpc {
  readonly #form: Form<unknown>;
  readonly #waiting: {
    input: EchoInput;
    resolve: (value: unknown) => void;
  }[] = [];
  readonly #process: Bun.Subprocess;
  #read = 0;

  constructor(form: Form<unknown>, serialization: "advanced" | "json") {
    this.#form = form;
    this.#process = Bun.spawn([process.execPath, CHILD], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
      serialization,
      ipc: (message: unknown) => this.#receive(message),
    });
  }

  run(input: EchoInput): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.push({ input, resolve });
      this.#process.send(this.#form.write(input));
    });
  }

  close(): void {
    this.#process.disconnect();
  }

  #receive(message: unknown): void {
    const oldest = this.#waiting[this.#read++];
    oldest?.resolve(this.#form.read(message, oldest.input));
    if (this.#read < 1_024) return;
    this.#waiting.splice(0, this.#read);
    this.#read = 0;
  }
}

function open(
  workers: number,
  form: FormName,
  serialization: "advanced" | "json",
): Peer {
  const processes = Array.from(
    { length: workers },
    () => new RawIpc(FORMS[form](), serialization),
  );
  let turn = 0;
  return {
    run(input) {
      const next = processes[turn++ % workers];
      if (next === undefined) throw new Error("there is no worker");
      return next.run(input);
    },
    close: () => Promise.all(processes.map((it) => it.close())),
  };
}

await serveContender(({ workers, form = "object", serialization }) =>
  open(
    workers,
    form as FormName,
    serialization === "json" ? "json" : "advanced",
  ),
);
