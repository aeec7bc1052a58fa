/** Work of a known size: so many steps of a generator, whose last state is the answer. */

import { z } from "zod";
import { defineTask } from "flow-balancer/task";

export default defineTask({
  kind: "busy",
  description: "Computes",
  input: z.object({ seed: z.int(), steps: z.int() }),
  run: ({ seed, steps }) => {
    let state = seed | 1;
    // Xorshift32 (Marsaglia, 2003): each step needs the one before, so nothing can be left out.
    for (let step = 0; step < steps; step++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    return state >>> 0;
  },
});
