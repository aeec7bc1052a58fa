/** One question, one answer: a child process over Bun's IPC, in both of its serializations, and a worker thread. */

import { join } from "node:path";
import { timedCases, type Turns, type Variant } from "./in-turn.ts";
import type { BenchCase, Findings, Target } from "./report.ts";

const CHILD = join(import.meta.dir, "floors/echo-child.ts");
const THREAD = join(import.meta.dir, "floors/echo-thread.ts");
const TURNS = {
  full: { rounds: 24, calls: 100 },
  quick: { rounds: 1, calls: 1 },
} as const satisfies Record<string, Turns>;
/** Characters in each; the biggest is one page of search results. */
const SIZES = [20, 65_536] as const;

/** Which of the echoes is said to take less time than the first. */
const CLAIMS = [
  [1, "IPC with advanced serialization takes less time than with JSON"],
  [2, "a worker thread takes less time than a process over IPC"],
] as const;

interface Message {
  readonly serial: number;
  readonly text: string;
}

/** Sends what it is given and resolves with what comes back. */
interface Echo {
  readonly name: string;
  ask(message: Message): Promise<Message>;
  close(): Promise<void>;
}

export async function measureEchoes(quick: boolean): Promise<Findings> {
  const echoes = [
    childProcess("json"),
    childProcess("advanced"),
    workerThread(),
  ];
  try {
    const cases: BenchCase[] = [];
    const targets: Target[] = [];
    for (const size of SIZES) {
      const turns = TURNS[quick ? "quick" : "full"];
      const found = await timedCases(
        echoes.map((echo) => variant(echo, size)),
        turns,
      );
      cases.push(...found);
      for (const [at, claim] of CLAIMS)
        targets.push({
          name: `claim: ${claim}, ${size} characters`,
          limit: 1,
          measured: found[at]?.ratio ?? Number.NaN,
          unit: "times",
        });
    }
    return { cases, targets };
  } finally {
    for (const echo of echoes) await echo.close();
  }
}

/** Every message is another one, so that a late answer cannot pass for the right one. */
function variant(echo: Echo, size: number): Variant {
  const text = '{"path":"src/a.ts"},'.repeat(size / 20);
  let serial = 0;
  return {
    name: `${echo.name}, ${size} characters there and back`,
    run: async () => {
      const asked = { serial: ++serial, text };
      const answer = await echo.ask(asked);
      if (answer.serial !== asked.serial || answer.text.length !== text.length)
        throw new Error(`${echo.name} answered something else`);
    },
  };
}

/** The one question that waits for its answer. */
class Asked {
  #resolve: (answer: Message) => void = () => {};

  answer(message: Message): void {
    this.#resolve(message);
  }

  ask(send: () => void): Promise<Message> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      send();
    });
  }
}

function childProcess(serialization: "json" | "advanced"): Echo {
  const asked = new Asked();
  const child = Bun.spawn([process.execPath, CHILD], {
    serialization,
    ipc: (message: Message) => asked.answer(message),
    stdio: ["ignore", "ignore", "inherit"],
  });
  return {
    name: `process, IPC ${serialization}`,
    ask: (message) => asked.ask(() => child.send(message)),
    async close() {
      child.disconnect();
      await child.exited;
    },
  };
}

function workerThread(): Echo {
  const asked = new Asked();
  const worker = new Worker(THREAD);
  worker.addEventListener("message", ({ data }) =>
    asked.answer(data as Message),
  );
  return {
    name: "worker thread",
    ask: (message) => asked.ask(() => worker.postMessage(message, [])),
    async close() {
      worker.terminate();
    },
  };
}
