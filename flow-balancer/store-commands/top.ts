/** `flow-balancer top`: the whole screen, read again and drawn once a second and after each key. It only looks. */

import { EXIT } from "../commands/answer.ts";
import { Screen } from "../commands/screen.ts";
import { terminalOf } from "../commands/terminal.ts";
import type { TopFacts } from "../commands/top/top-facts.ts";
import { topFrame } from "../commands/top/top-frame.ts";
import { keysIn, pressed, START } from "../commands/top/top-state.ts";
import { BalancerError } from "../core/errors.ts";
import type { Where } from "./read-store.ts";
import { TopReader } from "./read-top.ts";

const EVERY_MS = 1_000;

/** Until q or Ctrl-C. Throws INVALID_ARGUMENT where there is no terminal, and what `reader` throws. */
export async function top(
  where: Where,
  reader: { read(): TopFacts } = new TopReader(where),
): Promise<void> {
  refuseNoTerminal();
  using screen = new Screen(() => process.stdin.setRawMode(false));
  let timer: Timer | undefined;
  try {
    process.exitCode = await new Promise<number>((resolve, reject) => {
      const orEnd = (act: () => void) => (): void => {
        try {
          act();
        } catch (thrown) {
          reject(thrown);
        }
      };
      let facts = reader.read();
      let state = START;
      let rows = 0;
      const draw = (): void => {
        const frame = topFrame(
          facts,
          state,
          screen.size.rows,
          terminalOf(process.stdout, process.env),
        );
        rows = frame.rows;
        screen.draw(frame.lines);
      };
      process.stdin.setRawMode(true);
      screen.enter(orEnd(draw));
      process.stdin.on("data", (typed: Buffer) =>
        orEnd(() => {
          for (const key of keysIn(typed.toString())) {
            const next = pressed(state, key, rows);
            if (next === "quit") return resolve(EXIT.ok);
            if (next === "interrupt") return resolve(EXIT.interrupted);
            state = next;
          }
          draw();
        })(),
      );
      timer = setInterval(
        orEnd(() => {
          if (!state.isPaused) facts = reader.read();
          draw();
        }),
        EVERY_MS,
      );
      orEnd(draw)();
    });
  } finally {
    clearInterval(timer);
    process.stdin.pause();
  }
}

function refuseNoTerminal(): void {
  const isTerminal =
    process.stdin.isTTY === true &&
    process.stdout.isTTY === true &&
    process.env["TERM"] !== "dumb";
  if (!isTerminal)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "top fills the screen of a terminal, and there is none",
      {
        hint: "'flow-balancer status --watch' and 'flow-balancer stats --json --watch' go anywhere.",
      },
    );
}
