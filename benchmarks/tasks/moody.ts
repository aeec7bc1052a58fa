/** Takes its time and ends as it is told: well, with an error, or never. */

import { z } from "zod";
import { defineTask } from "flow-balancer/task";

export default defineTask({
  kind: "moody",
  description: "Ends as it is told, after so many ms",
  input: z.object({ ms: z.number(), end: z.enum(["well", "fails", "hangs"]) }),
  async run({ ms, end }) {
    await Bun.sleep(end === "hangs" ? 2 ** 30 : ms);
    if (end === "fails") throw new Error("as it was told");
    return ms;
  },
});
