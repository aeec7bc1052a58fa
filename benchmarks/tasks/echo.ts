/** The least a task can do: what it costs is the way there and back. Checks what the floors check. */

import { z } from "zod";
import { defineTask } from "flow-balancer/task";

export default defineTask({
  kind: "echo",
  description: "Returns its input",
  input: z.object({ serial: z.int(), text: z.string() }),
  run: (input) => input,
});
