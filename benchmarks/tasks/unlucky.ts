/** Takes its time, and now and then, whatever it is given, many times as long: another run of the same would likely not. */

import { z } from "zod";
import { defineTask } from "flow-balancer/task";

export default defineTask({
  kind: "unlucky",
  description: "Takes so many ms, or by chance ten times as long",
  input: z.object({ ms: z.number(), chance: z.number() }),
  async run({ ms, chance }) {
    const isSlow = Math.random() < chance;
    await Bun.sleep(isSlow ? 10 * ms : ms);
    return ms;
  },
});
