/** An answer again and again: redrawn in place on a terminal, one block after the other (or one JSON object a line) elsewhere. */

import { type Answer, EXIT } from "../commands/answer.ts";
import { Screen } from "../commands/screen.ts";
import { terminalOf } from "../commands/terminal.ts";
import { watchEvery, watchFrame } from "../commands/watch-frame.ts";
import { endQuietlyUnread, writeAnswer } from "../commands/write-answer.ts";
import { toWireError } from "../core/errors.ts";
import { bunEnv } from "../env.ts";

/**
 * Runs until it is ended: by Ctrl-C with exit code 130, by a reader that has enough with 0. Throws
 * INVALID_ARGUMENT, and what the first answer throws; what a later one throws is shown in its place.
 */
export async function watchAnswer(
  make: () => Promise<Answer>,
  watch: string | true,
): Promise<never> {
  const everyMs = watchEvery(watch);
  let last = await make();
  const isDrawn =
    process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
  const again = async (): Promise<Answer> => {
    last = await make().catch(asAnswer);
    return last;
  };
  const show = isDrawn ? screenOf(() => last, again, everyMs) : writeAnswer;
  endQuietlyUnread(EXIT.ok);
  process.on("SIGINT", () => process.exit(EXIT.interrupted));
  for (;;) {
    show(last);
    await Bun.sleep(everyMs);
    await again();
  }
}

/** The last answer stays when the screen is given back. */
function screenOf(
  last: () => Answer,
  again: () => Promise<Answer>,
  everyMs: number,
): (answer: Answer) => void {
  const screen = new Screen(() => writeAnswer(last()));
  const draw = ({ data, notes = [] }: Answer): void =>
    screen.draw(
      watchFrame(
        { data, notes, at: bunEnv.now(), everyMs },
        screen.size,
        terminalOf(process.stdout, process.env),
      ),
    );
  // Made anew, since a table leaves out what has no room.
  screen.enter(() => void again().then(draw));
  return draw;
}

/** As of a store that is being repaired: it may be there again. */
function asAnswer(thrown: unknown): Answer {
  const { message, hint } = toWireError(thrown);
  return { data: "", notes: hint === undefined ? [message] : [message, hint] };
}
